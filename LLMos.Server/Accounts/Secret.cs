using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace LLMos.Server.Accounts;

/// <summary>256 random bits as text. Kept as a plain SHA-256: what nobody can guess needs no slow hash.</summary>
internal static class Secret
{
    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public static bool Matches(string secret, string hash) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(HashOf(secret)), Encoding.ASCII.GetBytes(hash));
}
