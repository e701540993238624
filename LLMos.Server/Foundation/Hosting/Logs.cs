using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Events;
using Serilog.Filters;
using Serilog.Formatting.Compact;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>The log: to standard output, without bodies, headers and query strings (a hub's query may hold a token).</summary>
internal static class Logs
{
    internal const string Line = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj} <{SourceContext}>{NewLine}{Exception}";

    public static void AddLogs(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LogOptions>().BindConfiguration(LogOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSerilog(Configure, preserveStaticLogger: true);
    }

    public static void UseRequestLogs(this WebApplication app) => app.UseSerilogRequestLogging(options =>
    {
        options.Logger = app.Services.GetRequiredService<Serilog.ILogger>();
        // Failures are logged where they are caught; a probe every few seconds is not news.
        options.GetLevel = (http, _, _) =>
            http.Request.Path.StartsWithSegments("/api/v1/health") ? LogEventLevel.Debug : LogEventLevel.Information;
        // The path as it was sent, with its escapes: decoded, it could hold a line of its own.
        options.GetMessageTemplateProperties = (http, _, elapsed, status) =>
        [
            new("RequestMethod", new ScalarValue(http.Request.Method)),
            new("RequestPath", new ScalarValue(http.Request.Path.ToUriComponent())),
            new("StatusCode", new ScalarValue(status)),
            new("Elapsed", new ScalarValue(elapsed)),
        ];
    });

    private static void Configure(IServiceProvider services, LoggerConfiguration log)
    {
        var options = services.GetRequiredService<IOptions<LogOptions>>().Value;
        log.ReadFrom.Services(services)
            .MinimumLevel.Is(options.Level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
            // Keys lie in the data folder under its own protection; a warning at each start would train people to skip warnings.
            .MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error)
            // Who is not ready says so itself, once; a probe every few seconds would repeat it.
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
            // SignalR logs a refusal that its caller has been told as an error; HubErrorFilter logs the real ones.
            .Filter.ByExcluding(entry => entry.Exception is HubException && Matching.FromSource("Microsoft.AspNetCore.SignalR")(entry))
            // StartFailure says the same in a sentence.
            .Filter.ByExcluding(entry => entry.MessageTemplate.Text == "Hosting failed to start" && StartFailure.Explain(entry.Exception) is not null)
            .Enrich.FromLogContext()
            .Enrich.With<LogTexts>();

        if (options.Format == LogFormat.Json)
            log.WriteTo.Console(new RenderedCompactJsonFormatter());
        else
            log.WriteTo.Console(outputTemplate: Line, formatProvider: System.Globalization.CultureInfo.InvariantCulture);
    }
}
