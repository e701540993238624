using System.Globalization;

namespace LLMos.Server.Runs.Sessions;

/// <summary>How much memory may still be taken: of the host, or of the container's limit where that is less.</summary>
internal static class HostMemory
{
    // Control groups of version 2 and 1: limit, use, and the part of the use that the kernel gives back by itself.
    private static readonly (string Limit, string Used, string Details, string Reclaimable)[] ControlGroups =
    [
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat", "inactive_file "),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory/memory.stat", "total_inactive_file "),
    ];

    public static long FreeBytes() =>
        ControlGroups.Select(FreeInControlGroup).Append(NumberAfter("/proc/meminfo", "MemAvailable:") * 1024).OfType<long>().Append(long.MaxValue).Min();

    private static long? FreeInControlGroup((string Limit, string Used, string Details, string Reclaimable) group) =>
        NumberAfter(group.Limit, "") - NumberAfter(group.Used, "") + (NumberAfter(group.Details, group.Reclaimable) ?? 0);

    /// <returns>Null when there is no such file or line, or no number in it (<c>max</c>).</returns>
    private static long? NumberAfter(string path, string name)
    {
        if (!File.Exists(path))
            return null;
        var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.TryParse(line.AsSpan(Math.Min(name.Length, line?.Length ?? 0)).Trim(" kB"), CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
