using Microsoft.AspNetCore.Identity;

namespace LLMos.Server.Accounts;

/// <summary>ASP.NET Core's own hash (PBKDF2, salted) and the one rule on passwords: their length.</summary>
internal static class Password
{
    public const string Rule = "A password has 10 to 256 characters.";

    private const string NoUser = "";
    private static readonly PasswordHasher<string> Hasher = new();

    // Checked when there is no such user, so that both answers take the same time.
    private static readonly string Nobodys = Hash("a password that nobody has");

    public static bool IsValid(string password) => password.Length is >= 10 and <= 256;

    public static string Hash(string password) => Hasher.HashPassword(NoUser, password);

    public static bool Verify(string? hash, string password) =>
        Hasher.VerifyHashedPassword(NoUser, hash ?? Nobodys, password) != PasswordVerificationResult.Failed && hash is not null;
}
