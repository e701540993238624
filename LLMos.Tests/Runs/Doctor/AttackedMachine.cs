using LLMos.Server.Runs;
using LLMos.Server.Runs.Doctor;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Runs.Doctor;

/// <summary>This machine after all attacks, run once for all tests.</summary>
public sealed class AttackedMachine : IAsyncLifetime
{
    internal IReadOnlyList<AttackOutcome> Outcomes { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        using var data = new TemporaryFolder();
        using var session = await AttackSession.StartAsync(new RunOptions(), data.Path, DecoySecrets.Make(), TimeProvider.System, CancellationToken.None);
        Outcomes = await session.AttackAsync(_ => true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
