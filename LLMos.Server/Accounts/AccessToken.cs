namespace LLMos.Server.Accounts;

/// <summary>Lets a script act as a person, until it expires or is removed.</summary>
/// <param name="Hash">Of the whole token, prefix included.</param>
internal sealed record AccessToken(string Id, string AccountId, string Name, string Hash, DateTime CreatedAt, DateTime ExpiresAt)
{
    public const string Prefix = "llmos_";

    /// <summary>The token's text goes to its maker and is not kept.</summary>
    public static (AccessToken Token, string Text) Create(string accountId, string name, int days, AccountOptions limits, DateTimeOffset now)
    {
        if (name.Length is < 1 or > 64 || name.Any(char.IsControl))
            throw AccountErrors.TokenNameInvalid();
        if (days < 1 || days > limits.MaxTokenDays)
            throw AccountErrors.TokenDaysInvalid(limits.MaxTokenDays);

        var text = Prefix + Secret.Create();
        return (new(Ulid.NewUlid(now).ToString(), accountId, name, Secret.HashOf(text), now.UtcDateTime, now.UtcDateTime.AddDays(days)), text);
    }
}
