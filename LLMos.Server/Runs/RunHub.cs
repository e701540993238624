using LLMos.Server.Accounts;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Runs;

/// <summary>Runs over a live connection. The server pushes <c>runChanged(RunSummary)</c> and <c>sessionChanged(SessionSummary)</c> to every connection of the owner.</summary>
internal sealed class RunHub(RunRegistry runs, HubStreams streams) : Hub
{
    public async Task<RunSummary> Start(StartRunRequest request) =>
        runs.GetSummary(Caller, await runs.StartAsync(Caller, request, idempotencyKey: null, wait: TimeSpan.Zero, Context.ConnectionAborted));

    public Task<RunSummary> Cancel(string? runId) => runs.CancelAsync(Caller, runId ?? "");

    public RunSummary Interrupt(string? runId) => runs.Interrupt(Caller, runId ?? "");

    /// <summary>Streams what followed event <paramref name="after"/>, in batches, then what happens until the run has ended.</summary>
    /// <remarks>Not an iterator itself: the look-up must refuse while SignalR's filters still listen.</remarks>
    public IAsyncEnumerable<RunEvent[]> Watch(string? runId, long after, CancellationToken cancellation) =>
        streams.Begin(Context, () => runs.Watch(Caller, runId ?? "", after, cancellation));

    private Caller Caller => Caller.Of(Context.User);
}
