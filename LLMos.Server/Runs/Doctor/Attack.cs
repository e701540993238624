namespace LLMos.Server.Runs.Doctor;

/// <summary>One attack as its file describes it; <c>attacks/attack.py</c> says what the members mean.</summary>
/// <param name="File">Of the folder <c>attacks</c>, without its ending.</param>
/// <param name="Ends">Words for the ends that mean that it failed: <c>held</c>, a state of a run, a signal, <c>protocol</c>.</param>
/// <param name="After">The attack that is run before this one, in a worker of its own, to leave something.</param>
/// <param name="Source">A program given by a text and how often it is repeated, instead of a function.</param>
internal sealed record Attack(
    string Name, string File, string Layer, string What, IReadOnlyList<string> Also, IReadOnlyList<string> Ends,
    double Seconds, int HeapMegabytes, long OutputBytes, string? After, RepeatedText? Source)
{
    /// <summary>How far a worker may grow above its heap limit by pages of libraries that it is the first to touch.</summary>
    public const int MarginMegabytes = 96;

    public RunLimits Limits => new(Seconds, HeapMegabytes, OutputBytes);

    public AttackOutcome Broken(string seen) => new(Name, Layer, Also, false, seen);

    public AttackOutcome Withstood(string seen) => new(Name, Layer, Also, true, seen);
}

internal sealed record RepeatedText(string Before, string Text, int Times, string Then);

/// <summary>What the program says of itself in the last line of its output.</summary>
internal sealed record Verdict(bool Held, string Seen);
