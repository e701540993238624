using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

/// <summary>ASP.NET Core's own hash (PBKDF2, salted) and the one rule on passwords: their length.</summary>
internal static class Password
{
    public const string Rule = "A password has 10 to 256 characters.";

    private const string NoUser = "";

    // PBKDF2 with HMAC-SHA512: what OWASP asked for in 2023.
    private const int Rounds = 210_000;

    private static readonly PasswordHasher<string> Hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Rounds }));

    // Checked when there is no such user, so that both answers take the same time.
    private static readonly string Nobodys = Hash("a password that nobody has");

    public static bool IsValid(string password) => password.Length is >= 10 and <= 256;

    public static string Hash(string password) => Hasher.HashPassword(NoUser, password);

    /// <param name="isOld">Whether it is right, and was hashed with fewer rounds than now.</param>
    public static bool Verify(string? hash, string password, out bool isOld)
    {
        var result = Hasher.VerifyHashedPassword(NoUser, hash ?? Nobodys, password);
        isOld = result == PasswordVerificationResult.SuccessRehashNeeded && hash is not null;
        return result != PasswordVerificationResult.Failed && hash is not null;
    }
}
