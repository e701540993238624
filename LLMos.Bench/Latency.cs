using System.Buffers.Text;

namespace LLMos.Bench;

/// <summary>From a print in the program to its text at a SignalR client.</summary>
internal static class Latency
{
    private const double GoalMilliseconds = 5, NanosecondsPerMillisecond = 1e6;

    public static async Task<Row> MeasureAsync(Person person, int prints, CancellationToken cancellation)
    {
        // The clock is read before the number is formatted and printed: both count.
        var program = $"""
            import time
            for _ in range({prints}):
                time.sleep(0.02)
                print(time.clock_gettime_ns(time.CLOCK_MONOTONIC))
            """;
        await using var hub = await person.ConnectAsync(cancellation);
        List<double> milliseconds = [];
        await foreach (var printed in hub.PrintedAsync(program, cancellation))
        {
            var arrived = MonotonicClock.Nanoseconds();
            var text = printed.Span;
            // A number that arrived without its newline is on its way: only its first byte counts, and each has the same length.
            while (Utf8Parser.TryParse(text, out long at, out var length))
            {
                milliseconds.Add((arrived - at) / NanosecondsPerMillisecond);
                text = text[Math.Min(length + 1, text.Length)..];
            }
        }

        if (milliseconds.Count != prints)
            throw new BenchException($"{prints} numbers were printed, but {milliseconds.Count} pieces arrived.");
        var latency = new Samples(milliseconds, "ms");
        return new(
            "first byte printed to first byte at a SignalR client", $"{latency}, 99 %: {Samples.Number(latency.Quantile(0.99))} ms",
            Peer: null, Ratio: null, $"{GoalMilliseconds} ms median", latency.Median <= GoalMilliseconds);
    }
}
