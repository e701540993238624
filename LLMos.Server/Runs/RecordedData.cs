using LLMos.Server.Foundation.Streams;

namespace LLMos.Server.Runs;

/// <summary>Puts what a run displayed, and its result, back into its record, as far as a record may carry it.</summary>
internal static class RecordedData
{
    /// <summary>Of the events of all that comes with one record; later and larger ones are named by their sequence number and read from the events.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MaxDisplays = 1000;

    private static readonly Dictionary<string, string> Elsewhere = [];

    public static RunRecord Complete(StoredRun run, EventLog log)
    {
        var left = MaxBytes;
        // The result first: there is one, and who reads only the record reads it for that.
        var result = run.Result is { } sequence ? DataOf(log, sequence, ref left) : null;
        var displays = new List<RecordedDisplay>();
        foreach (var display in run.Displays)
            displays.Add(new(display, displays.Count < MaxDisplays ? DataOf(log, display, ref left) : Elsewhere));
        return run.Record with { Displays = displays, Result = result, ResultSequence = run.Result };
    }

    private static IReadOnlyDictionary<string, string> DataOf(EventLog log, long sequence, ref int left)
    {
        if (left <= 0 || log.BytesAfter(sequence - 1) is var bytes && bytes > left)
            return Elsewhere;
        left -= (int)bytes;
        return RunOutput.Decode(log.Read(sequence - 1, 1, MaxBytes)[0]).Data!;
    }
}
