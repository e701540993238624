using LLMos.Server.Accounts;
using LLMos.Server.Runs.Sessions;

namespace LLMos.Server.Runs;

/// <summary>Ends the runs and closes the sessions of people who are gone, or may not run programs any more.</summary>
internal sealed class FormerMembers(AccountStore accounts, RunRegistry runs, SessionRegistry sessions) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        accounts.Changed += End;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        accounts.Changed -= End;
        return Task.CompletedTask;
    }

    private void End(AccountBook book)
    {
        // In this order: no run that waits begins a session anew.
        runs.CancelOf(IsFormer, "The account may not run programs any more.");
        sessions.CloseOf(IsFormer);

        bool IsFormer(Caller owner) => book.Find(owner.AccountId) is not { Role: >= Role.Member };
    }
}
