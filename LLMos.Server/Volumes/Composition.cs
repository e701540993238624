using System.Collections.Frozen;
using System.Globalization;

namespace LLMos.Server.Volumes;

/// <summary>Unicode's NFC. .NET does it with ICU only: with invariant globalization its own <c>Normalize</c> returns what it was given.</summary>
/// <remarks><c>Composition.txt</c> is Unicode 14's: canonical decompositions (<c>=</c>: they compose again, <c>&gt;</c>: they do not) and combining classes.</remarks>
internal static class Composition
{
    // Below this nothing composes with what is before it.
    private const char FirstMark = '\u0300';
    private const int S = 0xAC00, L = 0x1100, V = 0x1161, T = 0x11A7, Ls = 19, Vs = 21, Ts = 28;

    private static readonly FrozenDictionary<int, int[]> Parts;
    private static readonly FrozenDictionary<(int, int), int> Wholes;
    private static readonly FrozenDictionary<int, byte> Classes;

    static Composition()
    {
        var (parts, wholes, classes) = (new Dictionary<int, int[]>(), new Dictionary<(int, int), int>(), new Dictionary<int, byte>());
        using var lines = new StreamReader(typeof(Composition).Assembly.GetManifestResourceStream("Composition.txt")!);
        while (lines.ReadLine() is { } line)
        {
            var numbers = line.Split('=', '>', ' ', '-', ':');
            if (line.Contains(':', StringComparison.Ordinal))
            {
                for (var mark = Hex(numbers[0]); mark <= Hex(numbers[1]); mark++)
                    classes[mark] = byte.Parse(numbers[2], CultureInfo.InvariantCulture);
                continue;
            }

            parts[Hex(numbers[0])] = [.. numbers.Skip(1).Select(Hex)];
            if (line.Contains('=', StringComparison.Ordinal))
                wholes[(Hex(numbers[1]), Hex(numbers[2]))] = Hex(numbers[0]);
        }

        (Parts, Wholes, Classes) = (parts.ToFrozenDictionary(), wholes.ToFrozenDictionary(), classes.ToFrozenDictionary());
    }

    /// <param name="text">Valid Unicode.</param>
    public static string Compose(string text)
    {
        if (text.All(character => character < FirstMark))
            return text;

        List<int> points = [];
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, points);
        Order(points);
        return string.Concat(Join(points).Select(char.ConvertFromUtf32));
    }

    private static void Decompose(int point, List<int> into)
    {
        if (point is >= S and < S + (Ls * Vs * Ts))
        {
            into.AddRange([L + ((point - S) / (Vs * Ts)), V + ((point - S) % (Vs * Ts) / Ts)]);
            if ((point - S) % Ts is > 0 and var last)
                into.Add(T + last);
            return;
        }

        if (!Parts.TryGetValue(point, out var parts))
        {
            into.Add(point);
            return;
        }

        foreach (var part in parts)
            Decompose(part, into);
    }

    /// <summary>Marks after a letter stand in the order of their classes, those of one class as they came.</summary>
    private static void Order(List<int> points)
    {
        for (var at = 1; at < points.Count; at++)
        {
            for (var back = at; back > 0 && ClassOf(points[back]) is > 0 and var own && ClassOf(points[back - 1]) > own; back--)
                (points[back], points[back - 1]) = (points[back - 1], points[back]);
        }
    }

    private static List<int> Join(List<int> points)
    {
        List<int> joined = [];
        var (letter, before) = (-1, 0);
        foreach (var point in points)
        {
            var own = ClassOf(point);
            // Nothing that stands between may be of the same class or another letter.
            var isNext = letter >= 0 && (joined.Count == letter + 1 || (before < own && before > 0));
            if (isNext && Whole(joined[letter], point) is { } whole)
            {
                joined[letter] = whole;
                continue;
            }

            joined.Add(point);
            if (own == 0)
                letter = joined.Count - 1;
            before = own;
        }

        return joined;
    }

    private static int? Whole(int first, int second)
    {
        if (first is >= L and < L + Ls && second is >= V and < V + Vs)
            return S + ((((first - L) * Vs) + second - V) * Ts);
        if (first is >= S and < S + (Ls * Vs * Ts) && (first - S) % Ts == 0 && second is > T and < T + Ts)
            return first + second - T;
        return Wholes.TryGetValue((first, second), out var whole) ? whole : null;
    }

    private static int ClassOf(int point) => point < FirstMark ? 0 : Classes.GetValueOrDefault(point);

    private static int Hex(string number) => int.Parse(number, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
