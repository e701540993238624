using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs.Doctor;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Server.Runs.Sessions;

namespace LLMos.Server.Runs;

internal static class RunsModule
{
    // A request with the longest code and standard input, escaped.
    private const int MaxHubMessageBytes = 8 * 1024 * 1024;

    public static void AddRuns(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<RunOptions>().BindConfiguration(RunOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        foreach (var collection in RunStore.Collections)
            services.AddSingleton(new StoreCollection(collection));
        services.AddSingleton<RunStore>();
        services.AddSingleton<IRemains>(provider => provider.GetRequiredService<RunStore>());
        services.AddSingleton(new StoreCollection(SessionStore.Collection));
        services.AddSingleton<SessionStore>();
        services.AddSingleton<IRemains>(provider => provider.GetRequiredService<SessionStore>());
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<NamedFiles>();
        services.AddSingleton<RunRegistry>();
        services.AddSingleton<Reach>();
        services.AddSingleton<PythonSandbox>();
        services.AddSingleton<RunScheduler>();
        services.AddSingleton<LastAttack>();
        services.AddHostedService(provider => provider.GetRequiredService<PythonSandbox>());
        services.AddHostedService(provider => provider.GetRequiredService<RunScheduler>());
        services.AddHostedService<RunAnnouncer>();
        // Not by Configure<HubOptions<RunHub>>: SignalR takes a hub's own options only when they were added in this way.
        services.AddSignalR().AddHubOptions<RunHub>(options => options.MaximumReceiveMessageSize = MaxHubMessageBytes);
        services.AddHealthChecks().AddCheck<SandboxHealth>("sandbox");
    }

    public static void MapRuns(this WebApplication app, IEndpointRouteBuilder api)
    {
        api.MapRunEndpoints();
        api.MapSessionEndpoints();
        app.MapHub<RunHub>("/hubs/runs").RequireRole(Role.Member);
    }
}
