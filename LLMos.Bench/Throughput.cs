using System.Diagnostics;

namespace LLMos.Bench;

/// <summary>Fresh runs per second, against processes that bubblewrap confines.</summary>
internal static class Throughput
{
    public const int Clients = 8;

    private const double Goal = 20;

    // Until all are under way and none in step with another.
    private static readonly TimeSpan LeadIn = TimeSpan.FromSeconds(1);

    private static readonly string[] Confined =
        ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "/usr/bin/python3", "-c", "import numpy"];

    public static async Task<Row> MeasureAsync(IReadOnlyList<Person> people, PeerPrograms peers, Repetitions repetitions, CancellationToken cancellation)
    {
        var window = TimeSpan.FromSeconds(repetitions.WindowSeconds);
        var (measured, peer) = await Interleaved.MeasureAsync(
            repetitions.Windows, "runs/s",
            () => RateAsync(window, client => people[client].RunAsync("import numpy", cancellation)),
            () => RateAsync(window, _ =>
            {
                peers.Run(Confined);
                return Task.CompletedTask;
            }),
            cancellation);
        return Row.AtLeast($"fresh runs of `import numpy` per second with {Clients} clients, against `bwrap --unshare-all … python3 -c \"import numpy\"`", measured, peer, Goal);
    }

    /// <summary>Runs that end within the window, by clients that begin before it and go on beyond its end.</summary>
    private static async Task<double> RateAsync(TimeSpan window, Func<int, Task> runOnce)
    {
        var begun = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client =>
            // A thread for each: a peer's process is awaited by blocking.
            Task.Factory.StartNew(() => CountAsync(client), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
        return counts.Sum() / window.TotalSeconds;

        async Task<int> CountAsync(int client)
        {
            for (var count = 0; ;)
            {
                await runOnce(client);
                var at = Stopwatch.GetElapsedTime(begun) - LeadIn;
                if (at > window)
                    return count;
                if (at > TimeSpan.Zero)
                    count++;
            }
        }
    }
}
