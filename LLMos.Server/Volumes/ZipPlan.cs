using System.IO.Compression;

namespace LLMos.Server.Volumes;

/// <summary>Which entries of a zip are taken and where to, decided for all before one is unpacked; and which are not, and why.</summary>
internal sealed class ZipPlan
{
    private const int MostLeftOut = 100;
    private const string MacFolder = "__MACOSX/", MacStore = ".DS_Store", MacTwin = "._";

    private readonly Dictionary<VolumePath, int> _places = [];
    private readonly List<LeftOutEntry> _leftOut = [];

    /// <param name="names">Of the archive's entries, in their order.</param>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.archive_invalid</c>, <c>volumes.path_invalid</c>.</exception>
    public ZipPlan(VolumePath into, ZipArchive archive, IReadOnlyList<string> names)
    {
        var all = names.ToHashSet(StringComparer.Ordinal);
        foreach (var (entry, name) in archive.Entries.Zip(names))
        {
            if (entry.IsEncrypted)
                throw VolumeErrors.ArchiveInvalid($"'{name}' is encrypted");
            if (ZipDirectory.IsSpecial(entry))
                LeaveOut(name, "a link or a device");
            else if (IsOfMac(name, all))
                LeaveOut(name, "macOS's own");
            else if (PathOf(into, name) is { } path)
                Add(path, entry, name);
        }
    }

    /// <summary>Each with the name that the zip has for it.</summary>
    public List<(VolumePath Path, ZipArchiveEntry Entry, string Name)> Entries { get; } = [];

    public IReadOnlyList<LeftOutEntry> LeftOut => _leftOut;

    public int LeftOutOmitted { get; private set; }

    public static bool IsFolder(string name) => name.EndsWith('/');

    private void Add(VolumePath path, ZipArchiveEntry entry, string name)
    {
        if (!_places.TryGetValue(path, out var place))
        {
            _places.Add(path, Entries.Count);
            Entries.Add((path, entry, name));
        }
        else if (Entries[place].Name != name)
        {
            throw VolumeErrors.ArchiveInvalid($"'{name}' is in it twice");
        }
        else if (!IsFolder(name))
        {
            // A zip that was added to: what came last is what it has.
            Entries[place] = (path, entry, name);
            LeaveOut(name, "in it twice; the last one counts");
        }
    }

    private void LeaveOut(string name, string reason)
    {
        if (_leftOut.Count < MostLeftOut)
            _leftOut.Add(new(name, reason));
        else
            LeftOutOmitted++;
    }

    /// <returns>Null: the folder itself.</returns>
    private static VolumePath? PathOf(VolumePath into, string name)
    {
        var whole = IsFolder(name) ? name[..^1] : name;
        // As `tar` writes what is in the folder that it packs.
        var rest = whole.Split('/') is [".", .. var below] ? string.Join('/', below) : whole;
        return rest.Length == 0 && whole == "." ? null : into.Join(rest);
    }

    private static bool IsOfMac(string name, HashSet<string> all)
    {
        if (name.StartsWith(MacFolder, StringComparison.Ordinal))
            return true;
        var at = name.LastIndexOf('/') + 1;
        // The twin of a file has its colours and its comments.
        return name[at..] == MacStore || (name[at..].StartsWith(MacTwin, StringComparison.Ordinal) && all.Contains(name[..at] + name[(at + MacTwin.Length)..]));
    }
}
