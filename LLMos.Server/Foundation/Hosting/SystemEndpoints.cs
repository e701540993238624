using System.Reflection;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace LLMos.Server.Foundation.Hosting;

/// <param name="Version">The build's version, with its commit where that was known.</param>
public sealed record VersionAnswer(string Version);

internal static class SystemEndpoints
{
    public static void MapSystemEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/system/version", Version).WithTags("System");
        // Live: the process answers. Ready: everything that registered a health check works. Neither says more to a stranger.
        api.MapHealthChecks("/health/live", new() { Predicate = _ => false }).AllowAnonymous();
        api.MapHealthChecks("/health/ready", new HealthCheckOptions()).AllowAnonymous();
    }

    public static VersionAnswer Version() =>
        new(typeof(SystemEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown");
}
