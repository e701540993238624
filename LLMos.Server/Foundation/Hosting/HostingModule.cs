using LLMos.Server.Foundation.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Hosting;

internal static class HostingModule
{
    // Before a body or its reader must have reached the least rate.
    private static readonly TimeSpan SlowStart = TimeSpan.FromSeconds(10);

    public static void AddHosting(this WebApplicationBuilder builder)
    {
        builder.AddConfigurationSources();
        builder.AddLogs();
        builder.AddTrustedProxies();

        var services = builder.Services;
        services.AddOptions<HostingOptions>().BindConfiguration(HostingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<HostingOptions>>((kestrel, hosting) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = hosting.Value.MaxRequestBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = hosting.Value.MaxConnections;
            // WebSockets, which the first number no longer counts.
            kestrel.Limits.MaxConcurrentUpgradedConnections = hosting.Value.MaxConnections;
            kestrel.Limits.MinRequestBodyDataRate = new(hosting.Value.MinRequestBytesPerSecond, SlowStart);
            kestrel.Limits.MinResponseDataRate = new(hosting.Value.MinAnswerBytesPerSecond, SlowStart);
            var doorkeeper = new Doorkeeper(hosting.Value, kestrel.ApplicationServices.GetRequiredService<TimeProvider>());
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(doorkeeper.ServeAsync));
        });
        services.AddSingleton<IMemoryPoolFactory<byte>, SocketBlocks>();
        services.AddOptions<JsonOptions>().Configure<IOptions<HostingOptions>>((json, hosting) =>
            StrictJson.Apply(json.SerializerOptions, hosting.Value.MaxJsonDepth));
        services.AddOptions<JsonHubProtocolOptions>().Configure<IOptions<HostingOptions>>((json, hosting) =>
            StrictJson.Apply(json.PayloadSerializerOptions, hosting.Value.MaxJsonDepth));
        // Unreadable input throws, so that HttpErrorHandler gives it its code.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);

        // Docker kills 10 seconds after it asked for the end; a request that does not come to its own must not take them all.
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(5));

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<PersonBounds>();
        services.AddSingleton<AnswerRoom>();
        services.AddProblemDetails();
        services.AddExceptionHandler<HttpErrorHandler>();
        services.AddSignalR(options => options.AddFilter<HubErrorFilter>()).AddMessagePackProtocol();
        services.AddCompressedAnswers();
        services.AddHealthChecks();
        services.AddOpenApi();
    }

    /// <summary>The outermost middleware, in the order that matters.</summary>
    public static void UseHosting(this WebApplication app)
    {
        app.WarnOfUnknownSettings();
        app.UseTrustedProxies();
        app.UseSecurityHeaders();
        app.UseRequestLogs();
        app.UseCompressedAnswers();
        app.UseExceptionHandler();
        app.UseStatusCodePages(context => Problem.WriteForStatusAsync(context.HttpContext));
        app.UseAllowedHosts();
        app.UseFetchDestinations();
        app.UseMediaTypes();
    }

    public static void MapHosting(this WebApplication app, IEndpointRouteBuilder api)
    {
        api.MapSystemEndpoints();
        app.MapOpenApi();
    }
}
