using LLMos.Server.Accounts;
using LLMos.Server.Runs.Sessions;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Runs;

/// <summary>Tells all of a person's connections what becomes of their runs and sessions.</summary>
internal sealed class RunAnnouncer(RunRegistry runs, SessionRegistry sessions, IHubContext<RunHub> hub) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        runs.Changed += Announce;
        sessions.Changed += Announce;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        runs.Changed -= Announce;
        sessions.Changed -= Announce;
        return Task.CompletedTask;
    }

    // Not awaited: a run must not wait for a slow browser. What is missed, the page reads from the list when it reconnects.
    private void Announce(Run run) =>
        _ = hub.Clients.User(run.Owner.AccountId).SendAsync("runChanged", run.Summarize());

    private void Announce(Caller owner, SessionSummary session) =>
        _ = hub.Clients.User(owner.AccountId).SendAsync("sessionChanged", session);
}
