using LLMos.Server.Runs.Sessions;

namespace LLMos.Server.Runs;

/// <summary>A run that has not ended, with its output and what it was started under.</summary>
internal sealed record LiveRun(Run Run, RunOutput Output, string? IdempotencyKey, string? RequestHash)
{
    /// <summary>Ends it with the credential that it was started by.</summary>
    public IDisposable? Held { get; set; }

    /// <summary>The run as it is now.</summary>
    public StoredRun ToStored(DateTime now)
    {
        var (stdout, stderr, displays, result) = Output.Record();
        var (files, filesOmitted) = Output.Files();
        var summary = Run.Summarize();
        return new(
            Run.Owner.AccountId,
            new(
                summary.Id, summary.Language, summary.State, summary.User, summary.Title,
                summary.Session, Run.Session?.State ?? RunSession.None, Run.SessionFound, Run.Session?.ExpiresAt, Run.Session?.Loss,
                summary.QueuePosition, summary.CreatedAt, summary.StartedAt, summary.EndedAt,
                Run.Request.Code, Run.End?.Limit, Run.End?.Reason, stdout, stderr, Displays: [], Result: null, ResultSequence: null, Run.Error, files, filesOmitted,
                Run.Usage(Output.Bytes, now), Run.Limits, Output.Log.LastSequence)
            {
                Path = Run.Request.Path,
                WorkingFolder = Run.Request.WorkingFolder,
                Arguments = Run.Request.Arguments,
            },
            displays, result, IdempotencyKey, RequestHash, Output.Log.Bytes);
    }
}
