using System.Diagnostics;

namespace LLMos.Bench;

/// <summary>50 MB of prints to a SignalR client: the time against a pipe, and what the server's memory grows by.</summary>
internal static class Flood
{
    private const int Bytes = 50_000_000;
    private const double Megabyte = 1e6, GoalRatio = 3, GoalMegabytes = 32;

    // No single quote: the peer is a shell's command.
    private const string Program = """for _ in range(500_000): print("x" * 99)""";

    public static async Task<IReadOnlyList<Row>> MeasureAsync(
        Person person, int serverProcess, PeerPrograms peers, int repetitions, CancellationToken cancellation)
    {
        await using var hub = await person.ConnectAsync(cancellation);
        // Against the memory before the first flood, not before each: what the first leaves behind counts in all.
        var before = ProcessMemory.ResidentBytes(serverProcess);
        List<double> extra = [];
        var (measured, peer) = await Interleaved.MeasureAsync(
            repetitions, "ms",
            async () =>
            {
                ProcessMemory.ForgetPeak(serverProcess);
                var milliseconds = await FloodAsync();
                extra.Add((ProcessMemory.PeakResidentBytes(serverProcess) - before) / Megabyte);
                return milliseconds;
            },
            () => peers.TimeAsync("sh", "-c", $"/usr/bin/python3 -I -c '{Program}' | cat >/dev/null"),
            cancellation);

        var memory = new Samples(extra, "MB");
        return
        [
            Row.AtMost("50 MB of prints to a SignalR client, against `python3 … \\| cat >/dev/null`", measured, peer, GoalRatio),
            new(
                "the server's extra memory meanwhile", $"{memory}, most: {Samples.Number(memory.Quantile(1))} MB", Peer: null, Ratio: null,
                $"{GoalMegabytes} MB or less", memory.Median <= GoalMegabytes),
        ];

        // From the run's start to its last byte.
        async Task<double> FloodAsync()
        {
            var begun = Stopwatch.GetTimestamp();
            var (arrived, took) = (0, TimeSpan.Zero);
            await foreach (var printed in hub.PrintedAsync(Program, cancellation))
            {
                arrived += printed.Length;
                took = Stopwatch.GetElapsedTime(begun);
            }

            return arrived == Bytes ? took.TotalMilliseconds : throw new BenchException($"{Bytes} bytes were printed, but {arrived} arrived.");
        }
    }
}
