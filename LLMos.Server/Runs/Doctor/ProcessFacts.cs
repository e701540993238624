using System.Diagnostics;
using System.Globalization;

namespace LLMos.Server.Runs.Doctor;

/// <summary>What <c>/proc</c> tells of a process.</summary>
/// <param name="State">As in <c>ps</c>: R, S, D, T (stopped), Z (ended, not reaped).</param>
internal sealed record ProcessFacts(int Id, string Name, char State, int Nice)
{
    /// <returns>Null when there is no such process.</returns>
    public static ProcessFacts? Of(int id)
    {
        try
        {
            // The name is in brackets and may have brackets and spaces itself.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var (from, to) = (text.IndexOf('('), text.LastIndexOf(')'));
            var fields = text[(to + 2)..].Split(' ');
            return new(id, text[(from + 1)..to], fields[0][0], int.Parse(fields[16], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static bool Lives(int id) => Of(id) is { State: not ('Z' or 'X') };

    /// <summary>Ends it, if it is there.</summary>
    public static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // Gone by itself.
        }
    }

    /// <summary>Those that live and bear <paramref name="mark"/> as their name or in their command line.</summary>
    public static IEnumerable<ProcessFacts> Marked(string mark) =>
        from folder in Directory.EnumerateDirectories("/proc")
        where int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _)
        let process = Of(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
        where process is { State: not ('Z' or 'X') } && (process.Name == mark || CommandLine(process.Id).Contains(mark, StringComparison.Ordinal))
        select process;

    private static string CommandLine(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
