using System.Diagnostics;

namespace LLMos.Bench;

/// <summary>A B A B …: what slows the machine for a while slows both sides.</summary>
internal static class Interleaved
{
    // Lets the server finish what it does after a run (fork the next worker, write its log) at nobody's expense.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task<(Samples Measured, Samples Peer)> MeasureAsync(
        int repetitions, string unit, Func<Task<double>> measure, Func<Task<double>> measurePeer, CancellationToken cancellation, TimeSpan? pause = null)
    {
        // Once for nothing: files are read, caches of fonts are built.
        await measure();
        await measurePeer();

        List<double> measured = [], peer = [];
        for (var repetition = 0; repetition < repetitions; repetition++)
        {
            await Task.Delay(pause ?? Pause, cancellation);
            measured.Add(await measure());
            await Task.Delay(pause ?? Pause, cancellation);
            peer.Add(await measurePeer());
        }

        return (new(measured, unit), new(peer, unit));
    }

    /// <summary>How often a second <paramref name="work"/> is done by so many at once, given the numbers from 0 up to <paramref name="times"/>.</summary>
    public static async Task<double> PerSecondAsync(int atOnce, int times, Func<int, Task> work)
    {
        var next = -1;
        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(async () =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) < times;)
                await work(number);
        })));
        return times / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    public static async Task<double> MillisecondsAsync(Func<Task> work)
    {
        var begun = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }
}
