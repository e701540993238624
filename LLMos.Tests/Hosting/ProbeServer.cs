using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Hosting;
using LLMos.Server.Foundation.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Serilog.Core;

namespace LLMos.Tests.Hosting;

/// <summary>The server's lower floors behind real Kestrel, with a route or a hub that exists only for a test.</summary>
public sealed class ProbeServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _app;

    private ProbeServer(Action<WebApplication> map)
    {
        var builder = WebApplication.CreateBuilder(["--Data:Path", _folder.Path, "--urls", "http://127.0.0.1:0"]);
        builder.AddHosting();
        builder.AddStorage();
        builder.AddAccounts();
        builder.Services.AddSingleton<ILogEventSink>(_ => Log);

        _app = builder.Build();
        _app.UseHosting();
        _app.UseAccounts();
        map(_app);
    }

    public CollectedLog Log { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public IServiceProvider Services => _app.Services;

    public static async Task<ProbeServer> StartAsync(Action<WebApplication> map)
    {
        var server = new ProbeServer(map);
        await server._app.StartAsync();
        return server;
    }

    public HttpClient Client() => new(new SocketsHttpHandler()) { BaseAddress = Address, Timeout = Eventually.Timeout };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
        Log.RequireNoUnannouncedErrors();
    }
}
