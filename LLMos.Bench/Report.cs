using System.Runtime.InteropServices;
using System.Text;

namespace LLMos.Bench;

/// <summary>The rows as Markdown, and the machine they were measured on.</summary>
internal static class Report
{
    public static string Of(IReadOnlyList<Row> rows, Repetitions repetitions)
    {
        var text = new StringBuilder();
        if (repetitions == Repetitions.Quick)
            text.AppendLine("Few repetitions (`--quick`): these figures show that the benchmark works, no more.").AppendLine();

        text.AppendLine("| what | measured: median (quartiles) | peer: median (quartiles) | ratio | goal | met |");
        text.AppendLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var row in rows)
        {
            var ratio = row.Ratio is { } value ? Samples.Number(value) : "–";
            text.AppendLine($"| {row.What} | {row.Measured} | {row.Peer ?? "–"} | {ratio} | {row.Goal} | {(row.IsMet ? "yes" : "**no**")} |");
        }

        text.AppendLine().AppendLine($"{Environment.ProcessorCount} cores ({Processor()}), {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}.");
        return text.ToString();
    }

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
        ?? RuntimeInformation.ProcessArchitecture.ToString();
}
