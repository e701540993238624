using System.Diagnostics;
using LLMos.Server.Accounts;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Runs;

/// <summary>One server behind Kestrel for all tests that run code.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private static int _people;

    public LLMosServer Server { get; } = new LLMosServer().Listen();

    public async ValueTask InitializeAsync() => await WarmAsync(Server);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>Waits until a server knows whether code can run.</summary>
    public static Task WarmAsync(LLMosServer server) =>
        server.Services.GetRequiredService<PythonSandbox>().Probed.WaitAsync(Eventually.Timeout);

    public static int ForkserverOf(LLMosServer server) => server.Services.GetRequiredService<PythonSandbox>().ForkserverProcessId!.Value;

    /// <summary>The workers there are now, waiting, running or a session's.</summary>
    public static List<Process> WorkersOf(LLMosServer server) =>
        [.. File.ReadAllText($"/proc/{ForkserverOf(server)}/task/{ForkserverOf(server)}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(id => Process.GetProcessById(int.Parse(id, System.Globalization.CultureInfo.InvariantCulture)))];

    /// <summary>A person whom no other test knows, so that runs do not queue behind another test's.</summary>
    public async Task<Person> NewPersonAsync(Role role = Role.Member)
    {
        var token = await Server.TokenAsync($"person-{Interlocked.Increment(ref _people)}", role);
        return new(Server, token);
    }
}

/// <summary>Somebody with a token, as scripts and agents are.</summary>
public sealed record Person(LLMosServer Server, string Token)
{
    public HttpClient Client { get; } = Server.ClientWith(Token);

    /// <summary>A started hub connection.</summary>
    public async Task<HubConnection> ConnectAsync()
    {
        var hub = Server.Hub("/hubs/runs", Token);
        await hub.StartAsync(TestContext.Current.CancellationToken);
        return hub;
    }
}
