namespace LLMos.Server.Runs;

/// <summary>What a program's changes of the volumes came to, for its record.</summary>
internal sealed class RunFiles
{
    public const string Created = "created", Changed = "changed", Removed = "removed", Moved = "moved";

    private const int Most = 1000;

    // In the order of their first change.
    private readonly OrderedDictionary<string, ChangedFile> _files = new(StringComparer.Ordinal);
    private int _omitted;

    public void Add(ChangedFile file)
    {
        var before = _files.GetValueOrDefault(file.Path);
        if (file.From is { } from && _files.Remove(from, out var source))
            file = source.Change == Created ? file with { Change = Created, From = null } : file with { From = source.From ?? from };
        else if (file.Change == Changed && before is { Change: Created or Moved })
            file = file with { Change = before.Change, From = before.From };
        else if (file.Change == Created && before is { Change: Removed })
            file = file with { Change = Changed };
        else if (file.Change == Removed && before is { Change: Created or Moved })
        {
            // What is gone again was never there.
            _files.Remove(file.Path);
            if (before.From is not null)
                Add(new(before.From, Removed));
            return;
        }

        if (before is null && _files.Count >= Most)
            _omitted++;
        else
            _files[file.Path] = file;
    }

    public (IReadOnlyList<ChangedFile> Files, int Omitted) Record() => ([.. _files.Values], _omitted);
}
