using System.Globalization;

namespace LLMos.Bench;

/// <summary>What the kernel says of a process's memory, and of its processor time.</summary>
internal static class ProcessMemory
{
    private const string ResetPeak = "5";

    public static long ResidentBytes(int processId) => Sum($"/proc/{processId}/status", "VmRSS:");

    /// <summary>The most that was resident at once since <see cref="ForgetPeak"/>.</summary>
    public static long PeakResidentBytes(int processId) => Sum($"/proc/{processId}/status", "VmHWM:");

    public static void ForgetPeak(int processId) => File.WriteAllText($"/proc/{processId}/clear_refs", ResetPeak);

    /// <summary>In its own and the kernel's code, in steps of a hundredth of a second.</summary>
    public static TimeSpan ProcessorTime(int processId)
    {
        using var process = System.Diagnostics.Process.GetProcessById(processId);
        return process.TotalProcessorTime;
    }

    /// <summary>What would be free if the process ended: pages that it shares with nobody.</summary>
    public static long PrivateBytes(int processId) => Sum($"/proc/{processId}/smaps_rollup", "Private_Clean:", "Private_Dirty:");

    public static IEnumerable<int> ChildrenOf(int processId) =>
        from folder in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture, out var number) ? number : 0
        where id > 0 && ParentOf(id) == processId
        select id;

    private static int? ParentOf(int processId)
    {
        try
        {
            // After the name, which may hold anything: `(name) S 4711 …`.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 1)..].Split(' ')[2], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // Gone meanwhile.
            return null;
        }
    }

    private static long Sum(string file, params string[] names) =>
        File.ReadLines(file)
            .Where(line => names.Any(name => line.StartsWith(name, StringComparison.Ordinal)))
            .Sum(line => long.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim(" \tkB"), CultureInfo.InvariantCulture)) * 1024;
}
