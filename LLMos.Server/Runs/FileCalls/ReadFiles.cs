using LLMos.Server.Volumes;

namespace LLMos.Server.Runs.FileCalls;

/// <summary>At which state a worker has read each file: what it writes there later was made from that, and must not take the place of what somebody saved since.</summary>
internal sealed class ReadFiles
{
    // The paths read longest ago are forgotten: writing to those is as for who has never read them.
    private const int Most = 1000;

    private readonly OrderedDictionary<VolumePath, FileTag> _seen = [];

    public void Add(VolumePath path, FileNode file)
    {
        _seen.Remove(path);
        if (_seen.Count == Most)
            _seen.RemoveAt(0);
        _seen.Add(path, file.Tag);
    }

    /// <summary>What a file must be for the worker to replace it: what it has read there, or anything if it has read nothing.</summary>
    public WriteCondition ConditionOf(VolumePath path) => _seen.TryGetValue(path, out var seen) ? WriteCondition.At(seen) : WriteCondition.None;

    /// <summary>What the worker has moved is still what it has read.</summary>
    public void Move(VolumePath from, VolumePath to)
    {
        if (_seen.Remove(from, out var seen))
            _seen[to] = seen;
    }

    /// <summary>What the worker itself made of a file is known to it.</summary>
    /// <param name="now">What is there from now on; null: nothing.</param>
    public void Follow(VolumePath path, FileNode? now)
    {
        if (now is null)
            _seen.Remove(path);
        else if (_seen.ContainsKey(path))
            _seen[path] = now.Tag;
    }
}
