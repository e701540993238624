using System.Diagnostics;
using System.Globalization;

namespace LLMos.Server.Runs.Doctor;

/// <summary>What <c>/proc</c> tells of a process.</summary>
/// <param name="State">As in <c>ps</c>: R, S, D, T (stopped), Z (ended, not reaped).</param>
/// <param name="Leaves">Whether it is on its way out, past any code of its own.</param>
internal sealed record ProcessFacts(int Id, string Name, char State, int Nice, bool Leaves)
{
    private const ulong SigKill = 1 << (9 - 1);
    private const uint Exiting = 4; // PF_EXITING of its flags

    /// <returns>Null when there is no such process.</returns>
    public static ProcessFacts? Of(int id)
    {
        try
        {
            // The name is in brackets and may have brackets and spaces itself.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var (from, to) = (text.IndexOf('('), text.LastIndexOf(')'));
            var fields = text[(to + 2)..].Split(' ');
            return new(id, text[(from + 1)..to], fields[0][0], int.Parse(fields[16], CultureInfo.InvariantCulture), (uint.Parse(fields[6], CultureInfo.InvariantCulture) & Exiting) != 0);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static bool Lives(int id) => Of(id) is { State: not ('Z' or 'X') };

    /// <summary>Whether it has been killed, and on a busy host has not had its turn to go yet.</summary>
    public static bool IsBeingKilled(int id)
    {
        const string Pending = "SigPnd:";
        try
        {
            return Of(id) is not { Leaves: false }
                || (Convert.ToUInt64(File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith(Pending, StringComparison.Ordinal))[Pending.Length..].Trim(), 16) & SigKill) != 0;
        }
        catch (IOException)
        {
            return true; // Gone meanwhile.
        }
    }

    /// <summary>Where its memory can be both written to and run; what a worker inherits is at the same place in each.</summary>
    /// <returns>Empty, too, when the host does not tell.</returns>
    public static IReadOnlyList<long> WritableCode(int id)
    {
        try
        {
            // 7f5c8a2b1000-7f5c8a2b2000 rwxp …
            return
            [
                .. from line in File.ReadLines($"/proc/{id}/maps")
                   where line.Split(' ')[1] is ['r', 'w', 'x', ..]
                   select long.Parse(line.AsSpan(0, line.IndexOf('-')), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            ];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

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
