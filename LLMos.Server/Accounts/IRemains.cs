namespace LLMos.Server.Accounts;

/// <summary>What a slice keeps of people, and how it is deleted when they have no account any more.</summary>
internal interface IRemains
{
    /// <summary>What it is, for the log: <c>runs</c>.</summary>
    string What { get; }

    /// <summary>Ids of the accounts of which something is kept, also of those that were removed.</summary>
    IReadOnlyCollection<string> Owners();

    /// <summary>Deletes all that is kept of an account, in steps that hold nobody up. One that is broken off goes on when it is called again.</summary>
    /// <returns>How many there were, and their bytes.</returns>
    /// <exception cref="Exception">Whatever keeps it from being deleted.</exception>
    Task<(long Count, long Bytes)> PurgeAsync(string accountId, CancellationToken cancellation);
}
