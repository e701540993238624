namespace LLMos.Server.Accounts;

/// <summary>A person who may sign in.</summary>
/// <param name="Stamp">Changes with the password; a cookie with another stamp is no longer a sign-in.</param>
internal sealed record Account(string Id, string User, Role Role, string PasswordHash, string Stamp, DateTime CreatedAt)
{
    public static Account Create(string user, string password, Role role, DateTimeOffset now) =>
        UserName.IsValid(user)
            ? new(Ulid.NewUlid(now).ToString(), user, Known(role), HashOf(password), NewStamp(), now.UtcDateTime)
            : throw AccountErrors.NameInvalid();

    public Account WithRole(Role role) => this with { Role = Known(role) };

    public Account WithPassword(string password) => this with { PasswordHash = HashOf(password), Stamp = NewStamp() };

    /// <summary>The JSON reader adds up <c>"member,administrator"</c> to a role that does not exist.</summary>
    private static Role Known(Role role) => Enum.IsDefined(role) ? role : throw AccountErrors.RoleInvalid();

    private static string HashOf(string password) =>
        Password.IsValid(password) ? Password.Hash(password) : throw AccountErrors.PasswordInvalid();

    private static string NewStamp() => Secret.Create();
}
