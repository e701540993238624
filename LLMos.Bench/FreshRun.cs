namespace LLMos.Bench;

/// <summary>A confined run with everything imported, from request to record, against a process that nothing confines.</summary>
internal static class FreshRun
{
    private const string Program = "print(1)";

    public static Task<Row> AgainstPythonAsync(Person person, PeerPrograms peers, int repetitions, CancellationToken cancellation) =>
        MeasureAsync("a fresh confined run of `print(1)`, against `python3 -I -c \"print(1)\"`", Program, 0.5, person, peers, repetitions, cancellation);

    public static Task<Row> AgainstImportsAsync(Person person, PeerPrograms peers, int repetitions, CancellationToken cancellation) =>
        MeasureAsync("the same, against a process that imports numpy and pyplot", "import numpy, matplotlib.pyplot", 0.02, person, peers, repetitions, cancellation);

    private static async Task<Row> MeasureAsync(
        string what, string peerProgram, double goal, Person person, PeerPrograms peers, int repetitions, CancellationToken cancellation)
    {
        var (measured, peer) = await Interleaved.MeasureAsync(
            repetitions, "ms",
            () => Interleaved.MillisecondsAsync(() => person.RunAsync(Program, cancellation)),
            () => peers.TimeAsync("/usr/bin/python3", "-I", "-c", peerProgram),
            cancellation);
        return Row.AtMost(what, measured, peer, goal);
    }
}
