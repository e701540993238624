using System.Globalization;
using System.Runtime.InteropServices;
using LLMos.Bench.Volumes;

namespace LLMos.Bench;

internal static class Program
{
    /// <param name="arguments">The server's dll, and <c>--quick</c> for few repetitions, <c>--files</c> or <c>--devices</c> for these rows alone, or <c>--soak MINUTES</c>.</param>
    /// <returns>0 when every goal is met, 1 when one is missed, 2 when something could not be measured.</returns>
    private static async Task<int> Main(string[] arguments)
    {
#pragma warning disable RS0030 // The one place that knows the console: everything else is given a writer.
        var (report, progress) = (Console.Out, Console.Error);
#pragma warning restore RS0030
        if (arguments is [PlainServer.Argument, var address, var folder])
        {
            await PlainServer.ServeAsync(address, folder);
            return 0;
        }

        if (arguments is not [var server, .. var rest] || rest is not ([] or ["--quick"] or ["--files"] or ["--devices"] or ["--quick", "--devices"] or ["--soak", _]))
        {
            await progress.WriteLineAsync("Usage: LLMos.Bench <LLMos.Server.dll> [--quick | --files | [--quick] --devices | --soak MINUTES]");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var repetitions = rest is ["--quick", ..] ? Repetitions.Quick : Repetitions.Full;
            var rows = rest is ["--soak", var minutes]
                ? await Benchmark.SoakAsync(server, TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)), progress, stop.Token)
                : rest is ["--files"]
                ? await Benchmark.MeasureFilesAsync(server, repetitions, progress, stop.Token)
                : rest is [.., "--devices"]
                ? await Benchmark.MeasureDevicesAsync(server, repetitions, progress, stop.Token)
                : await Benchmark.MeasureAsync(server, repetitions, progress, stop.Token);
            await report.WriteAsync(Report.Of(rows, repetitions));
            return rows.All(row => row.IsMet) ? 0 : 1;
        }
        catch (Exception failed) when (failed is BenchException or HttpRequestException or OperationCanceledException or FormatException)
        {
            await progress.WriteLineAsync(failed.Message);
            return 2;
        }

        void Stop(PosixSignalContext context)
        {
            // The server is stopped and its folder removed on the way out.
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
