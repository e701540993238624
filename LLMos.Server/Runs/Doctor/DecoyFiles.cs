namespace LLMos.Server.Runs.Doctor;

/// <summary>Folders with a file that everybody may read and change as far as its mode goes: what keeps a program out is the sandbox.</summary>
internal sealed class DecoyFiles : IDisposable
{
    private const UnixFileMode
        ForAll = (UnixFileMode)0b110_110_110,
        ForAllToEnter = (UnixFileMode)0b111_111_111;

    private readonly List<string> _folders;
    private readonly (string Name, string Text)[] _texts;
    private List<string> _known;

    /// <param name="places">Folders that there are already: the temporary one, the data folder.</param>
    public DecoyFiles(IEnumerable<string> places, string name, string secret)
    {
        _texts = [("secret.txt", secret), ("secret.csv", $"a,b\n{secret},2\n"), ("module.py", $"SECRET = '{secret}'\n")];
        _folders = [.. places.Select(place => Path.Combine(place, name))];
        foreach (var folder in _folders)
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, ForAllToEnter);
        }

        Write();
        _known = Look();
    }

    public IReadOnlyList<string> Folders => _folders;

    /// <summary>What is another than when it was last asked; the files are then as they were again.</summary>
    public IEnumerable<string> Effects()
    {
        var now = Look();
        var effects = now.Except(_known).Select(file => $"changed or made: {file}")
            .Concat(_known.Except(now).Select(file => $"changed or gone: {file}")).ToList();
        if (effects.Count > 0)
        {
            Write();
            _known = Look();
        }

        return effects;
    }

    public void Dispose() => _folders.ForEach(folder => Directory.Delete(folder, recursive: true));

    private void Write()
    {
        foreach (var path in _folders.SelectMany(folder => _texts, (folder, file) => (Path: Path.Combine(folder, file.Name), file.Text)))
        {
            File.WriteAllText(path.Path, path.Text);
            File.SetUnixFileMode(path.Path, ForAll);
        }
    }

    private List<string> Look() => [.. _folders.SelectMany(folder => new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        .Select(entry => $"{entry.FullName} ({(entry as FileInfo)?.Length} bytes, mode {entry.UnixFileMode}, written {entry.LastWriteTimeUtc:O})")];
}
