using System.Globalization;

namespace LLMos.Tests.Hosting;

/// <summary>What /proc says of a process.</summary>
internal static class ProcessFiles
{
    private const int Parent = 1, Session = 3, Niceness = 16;

    public static double ResidentMegabytes(int id) => File.ReadLines($"/proc/{id}/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.AsSpan(6).Trim(" \tkB"), CultureInfo.InvariantCulture) / 1024.0).Single();

    public static int Descriptors(int id) => Directory.EnumerateFileSystemEntries($"/proc/{id}/fd").Count();

    public static int Threads(int id) => Directory.EnumerateDirectories($"/proc/{id}/task").Count();

    public static List<int> ChildrenOf(int id) =>
    [
        .. from folder in Directory.EnumerateDirectories("/proc")
           let child = int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : 0
           where child > 0 && Field(child, Parent) == id
           select child,
    ];

    public static int? NicenessOf(int id) => Field(id, Niceness);

    public static int? SessionOf(int id) => Field(id, Session);

    private static int? Field(int id, int number)
    {
        try
        {
            // After the name, which may hold anything: `(name) S 4711 …`.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[number], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // Gone meanwhile.
            return null;
        }
    }
}
