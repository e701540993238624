using System.Buffers.Text;
using Microsoft.AspNetCore.SignalR.Client;

namespace LLMos.Bench;

/// <summary>From a print in the program to its text at a SignalR client.</summary>
internal static class Latency
{
    private const int WarmUpPrints = 30;
    private const double GoalMilliseconds = 5, NanosecondsPerMillisecond = 1e6;

    public static async Task<Row> MeasureAsync(Person person, int prints, CancellationToken cancellation)
    {
        await using var hub = await person.ConnectAsync(cancellation);
        // The first stream compiles the formatters of both sides, which takes 0.2 s.
        await TimeAsync(hub, WarmUpPrints, cancellation);

        var latency = new Samples(await TimeAsync(hub, prints, cancellation), "ms");
        return new(
            "first byte printed to first byte at a SignalR client", $"{latency}, 99 %: {Samples.Number(latency.Quantile(0.99))} ms",
            Peer: null, Ratio: null, $"{GoalMilliseconds} ms median", latency.Median <= GoalMilliseconds);
    }

    private static async Task<List<double>> TimeAsync(HubConnection hub, int prints, CancellationToken cancellation)
    {
        // The clock is read before the number is formatted and printed: both count.
        var program = $"""
            import time
            for _ in range({prints}):
                time.sleep(0.02)
                print(time.clock_gettime_ns(time.CLOCK_MONOTONIC))
            """;
        List<double> milliseconds = [];
        await foreach (var printed in hub.PrintedAsync(program, cancellation))
        {
            var arrived = MonotonicClock.Nanoseconds();
            var text = printed.Span;
            // `print` writes its newline separately, so it may come with the next number.
            while (Utf8Parser.TryParse(text.TrimStart((byte)'\n'), out long at, out var length))
            {
                milliseconds.Add((arrived - at) / NanosecondsPerMillisecond);
                text = text.TrimStart((byte)'\n')[length..];
            }
        }

        return milliseconds.Count == prints
            ? milliseconds
            : throw new BenchException($"{prints} numbers were printed, but {milliseconds.Count} pieces arrived.");
    }
}
