namespace LLMos.Server.Runs;

/// <summary>A run as the database keeps it; what it displayed stays in its log.</summary>
/// <param name="Record">Without <see cref="RunRecord.Displays"/> and <see cref="RunRecord.Result"/>, which may be larger than a document can be.</param>
/// <param name="Displays">Sequence numbers of its display events.</param>
/// <param name="Result">Sequence number of its result event; null when it has none.</param>
/// <param name="IdempotencyKey">The key it was started with, and what was asked for under it.</param>
internal sealed record StoredRun(
    string OwnerId, RunRecord Record, IReadOnlyList<long> Displays, long? Result, string? IdempotencyKey, string? RequestHash, long LogBytes)
{
    public RunSummary Summarize() => new(
        Record.Id, Record.Language, Record.State, Record.User, Record.Title, Record.QueuePosition,
        Record.CreatedAt, Record.StartedAt, Record.EndedAt, Record.Session);

    public KeptRun ToKept(int recordBytes) => new(OwnerId, Summarize(), LogBytes + recordBytes, recordBytes, IdempotencyKey, RequestHash);
}
