using LLMos.Server.Runs.Sandboxes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LLMos.Server.Runs;

/// <summary>Ready means that code can run, or will in a moment.</summary>
internal sealed class SandboxHealth(PythonSandbox sandbox) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(sandbox.Isolation.Ready ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(sandbox.Isolation.Reason));
}
