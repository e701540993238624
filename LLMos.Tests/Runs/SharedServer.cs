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

    // Tests leave their sessions behind.
    public LLMosServer Server { get; } = new LLMosServer(("Runs:MaxSessions", "1000")).Listen();

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

public static class Crowd
{
    /// <summary>Members with a token each, all made by one change: nobody's password is asked.</summary>
    public static async Task<IReadOnlyList<Person>> PeopleAsync(this LLMosServer server, int count)
    {
        var accounts = server.Services.GetRequiredService<AccountStore>();
        var options = new AccountOptions();
        var now = server.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        var like = accounts.Book.FindByName(LLMosServer.Administrator)!;
        var people = new List<Person>();
        await accounts.ChangeAsync(
            book =>
            {
                for (var number = 1; number <= count; number++)
                {
                    var account = like with { Id = Ulid.NewUlid().ToString(), User = $"member-{number}", Role = Role.Member };
                    var (token, text) = AccessToken.Create(account.Id, "test", options.TokenDays, options, now);
                    book = book.With(account, limit: int.MaxValue).WithToken(token, options.MaxTokens);
                    people.Add(new(server, text));
                }

                return book;
            },
            TestContext.Current.CancellationToken);
        return people;
    }
}
