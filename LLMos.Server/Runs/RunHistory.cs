namespace LLMos.Server.Runs;

/// <summary>One person's kept runs, in the order of their beginnings.</summary>
internal sealed class RunHistory
{
    // Ids sort by time.
    private readonly SortedDictionary<string, KeptRun> _byId = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, KeptRun> ById => _byId;

    /// <summary>Of all records and logs.</summary>
    public long Bytes { get; private set; }

    public void Put(KeptRun run)
    {
        Remove(run.Summary.Id);
        _byId[run.Summary.Id] = run;
        Bytes += run.Bytes;
    }

    public void Remove(string id)
    {
        if (_byId.Remove(id, out var run))
            Bytes -= run.Bytes;
    }
}
