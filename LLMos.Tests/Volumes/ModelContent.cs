using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using LLMos.Server.Volumes;

namespace LLMos.Tests.Volumes;

/// <summary>Contents that are told by a number, or by numbers that were joined (<c>3+17</c>): so few that equal ones meet often.</summary>
internal static class ModelContent
{
    private const int Kinds = 24, MostJoined = 4;

    // On both sides of what is a document.
    private static readonly int[] Small = [0, 1, 100, 1000, 1024, 5000, 9000, ContentStore.MostInline];
    private static readonly int[] Large = [ContentStore.MostInline + 1, 20_000, 33_000, 400_000];
    private static readonly ConcurrentDictionary<string, ContentReference> References = new(StringComparer.Ordinal);

    public static int Next(Random random, int largeOneIn) => random.Next(largeOneIn) == 0 ? Kinds + random.Next(Large.Length * 2) : random.Next(Kinds);

    public static string Of(int number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Join(string content, int number) => $"{content}+{Of(number)}";

    public static bool IsLong(string content) => content.Count(character => character == '+') >= MostJoined - 1;

    public static int Length(string content) => Numbers(content).Sum(Length);

    public static ContentReference Reference(string content) => References.GetOrAdd(
        content, content => new(ContentHash.Read(SHA256.HashData(Bytes(content))), Length(content)));

    public static byte[] Bytes(string content) => [.. Numbers(content).SelectMany(number =>
    {
        var bytes = new byte[Length(number)];
        new Random(number).NextBytes(bytes);
        return bytes;
    })];

    private static int Length(int number) => number < Kinds ? Small[number % Small.Length] : Large[number % Large.Length];

    private static IEnumerable<int> Numbers(string content) => content.Split('+').Select(number => int.Parse(number, CultureInfo.InvariantCulture));
}
