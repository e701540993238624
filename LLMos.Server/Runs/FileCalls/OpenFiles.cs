using LLMos.Server.Runs.Sandboxes;
using LLMos.Server.Volumes;

namespace LLMos.Server.Runs.FileCalls;

/// <summary>The files that a worker has open, by handle.</summary>
internal sealed class OpenFiles : IDisposable
{
    public const int Most = 64;

    private readonly Dictionary<int, OpenFile> _open = [];
    private int _last;

    /// <summary>What the worker has read.</summary>
    public ReadFiles Read { get; } = new();

    /// <exception cref="ProtocolException">There is none: a worker knows its handles.</exception>
    public OpenFile this[FileCall call] =>
        _open.GetValueOrDefault(call.Handle!.Value) ?? throw new ProtocolException("a handle that is not open");

    /// <exception cref="Foundation.Errors.DomainException"><c>runs.too_many_files</c>.</exception>
    public void RequireRoom()
    {
        if (_open.Count >= Most)
            throw RunErrors.TooManyFiles(Most);
    }

    public int Add(OpenFile file)
    {
        _open.Add(++_last, file);
        return _last;
    }

    public OpenFile Remove(FileCall call)
    {
        var file = this[call];
        _open.Remove(call.Handle!.Value);
        return file;
    }

    /// <summary>What the worker itself made of a file is no conflict for its other drafts of it, nor for those to come.</summary>
    /// <param name="now">What is there from now on; null: nothing.</param>
    public void Follow(VolumePath path, FileNode? now)
    {
        foreach (var file in _open.Values.Where(file => file.Condition.Match is not null || file.Condition.MustBeNew).Where(file => file.Path.Equals(path)))
            file.Condition = now is null ? WriteCondition.New : WriteCondition.At(now.Tag);
        Read.Follow(path, now);
    }

    public void Dispose()
    {
        foreach (var file in _open.Values)
            file.Dispose();
        _open.Clear();
    }
}
