namespace LLMos.Server.Accounts;

/// <summary>A browser that a person signed in with: what its cookie is good for until this is ended.</summary>
/// <param name="ExpiresAt">Later each time that the cookie is renewed.</param>
internal sealed record SignIn(string Id, string AccountId, DateTime CreatedAt, DateTime ExpiresAt)
{
    public static SignIn Create(string accountId, int days, DateTimeOffset now) =>
        new(Ulid.NewUlid(now).ToString(), accountId, now.UtcDateTime, now.UtcDateTime.AddDays(days));
}
