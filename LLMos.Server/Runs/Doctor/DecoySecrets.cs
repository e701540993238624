using System.Security.Cryptography;
using System.Text;

namespace LLMos.Server.Runs.Doctor;

/// <summary>Texts that no program may ever get hold of, each in another place; all look alike, so that a program can search for them.</summary>
internal sealed record DecoySecrets(string InEnvironment, string InMemory, string InFile, string OfAnotherRun, string OfAnotherPerson)
{
    public const string Variable = "LLMOS_DECOY_SECRET";

    private const int Bytes = 16;

    public static DecoySecrets Make() => new(New(), New(), New(), New(), New());

    /// <returns>Where the secret lies that <paramref name="output"/> has; null when it has none.</returns>
    public string? FoundIn(ReadOnlySpan<byte> output)
    {
        foreach (var (secret, place) in new[]
                 {
                     (InEnvironment, "the server's environment"), (InMemory, "the server's memory"),
                     (InFile, "a file of the host"), (OfAnotherRun, "another run"), (OfAnotherPerson, "another person's file"),
                 })
        {
            if (output.IndexOf(Encoding.ASCII.GetBytes(secret)) >= 0)
                return place;
        }

        return null;
    }

    // The beginning is in attacks/attack.py too, there in two parts so that a search does not find itself.
    private static string New() => $"llmos-decoy-{RandomNumberGenerator.GetHexString(2 * Bytes, lowercase: true)}";
}
