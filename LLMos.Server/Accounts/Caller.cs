namespace LLMos.Server.Accounts;

/// <summary>What a person may do; each role includes the ones before it.</summary>
public enum Role
{
    /// <summary>Reads what is shared.</summary>
    Viewer,

    /// <summary>Runs code, writes files, uses devices.</summary>
    Member,

    /// <summary>Adds people and sets limits.</summary>
    Administrator,
}

/// <summary>Who is asking, as the sign-in or the token says.</summary>
/// <param name="AccountId">Stable for the life of the account; names may change.</param>
/// <param name="Name">What the person is called, for records that people read.</param>
public sealed record Caller(string AccountId, string Name, Role Role);
