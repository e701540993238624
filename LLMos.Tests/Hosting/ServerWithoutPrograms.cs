using LLMos.Server.Runs.Sandboxes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LLMos.Tests.Hosting;

/// <summary>The real server, but its sandbox is never started: two seconds of a core, which tests of all else need not wait for.</summary>
public sealed class ServerWithoutPrograms(params (string Key, string Value)[] settings) : LLMosServer(settings)
{
    protected override void ConfigureServices(IServiceCollection services) =>
        services.Remove(services.Single(service => service.ServiceType == typeof(IHostedService) && service.ImplementationFactory is Func<IServiceProvider, PythonSandbox>));
}
