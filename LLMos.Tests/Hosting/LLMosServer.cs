using System.Net.Http.Json;
using LLMos.Server.Accounts;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Serilog.Core;

namespace LLMos.Tests.Hosting;

/// <summary>The real server on a folder of its own. In memory, unless <see cref="Listen"/> is called.</summary>
/// <param name="settings">As on the command line: <c>("Runs:MaxQueued", "1")</c>.</param>
public class LLMosServer(params (string Key, string Value)[] settings) : WebApplicationFactory<Program>
{
    public const string Administrator = "first-administrator";
    public const string AnyPassword = "correct horse";

    private readonly TemporaryFolder _folder = new();
    private bool _listens;

    /// <summary>The server's clock, when a test wants to move it: <see cref="Clock"/>.</summary>
    public FakeTimeProvider? Time { get; init; }

    public CollectedLog Log { get; } = new();

    public string DataPath => settings.FirstOrDefault(setting => setting.Key == "Data:Path").Value ?? _folder.Path;

    /// <summary>In the far future, so that the client, whose clock is the real one, does not drop cookies as expired.</summary>
    public static FakeTimeProvider Clock() => new(new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>A server that has no administrator yet.</summary>
    public static LLMosServer WithoutAdministrator(params (string Key, string Value)[] settings) =>
        new ServerWithoutPrograms([.. settings, ("FirstRun:AdminUser", ""), ("FirstRun:AdminPassword", "")]);

    /// <summary>Starts it behind real Kestrel on a free port; clients made afterwards speak TCP.</summary>
    public LLMosServer Listen()
    {
        _listens = true;
        UseKestrel(0);
        StartServer();
        return this;
    }

    /// <summary>A client that nobody is signed in with. Keeps cookies, sends the page's header, follows nothing.</summary>
    public HttpClient Client()
    {
        var client = CreateClient(new() { AllowAutoRedirect = false, BaseAddress = ClientOptions.BaseAddress });
        client.DefaultRequestHeaders.Add("X-LLMos-Request", "1");
        client.Timeout = Eventually.Timeout;
        return client;
    }

    /// <summary>Signs in by cookie as <paramref name="user"/>, whose account is made when there is none.</summary>
    public async Task<HttpClient> SignInAsync(string user, Role role = Role.Member)
    {
        var client = Client();
        await AddAsync(user, role);
        using var answer = await client.PostAsJsonAsync("/api/v1/login", new LoginRequest(user, AnyPassword));
        answer.EnsureSuccessStatusCode();
        return client;
    }

    public Task<HttpClient> SignInAsAdministratorAsync() => SignInAsync(Administrator, Role.Administrator);

    /// <summary>A new token of <paramref name="user"/>, whose account is made when there is none.</summary>
    public async Task<string> TokenAsync(string user, Role role = Role.Member)
    {
        var account = await AddAsync(user, role);
        var (token, text) = AccessToken.Create(account.Id, "test", days: 90, new AccountOptions(), Services.GetRequiredService<TimeProvider>().GetUtcNow());
        await Services.GetRequiredService<AccountStore>().ChangeAsync(book => book.WithToken(token, limit: int.MaxValue), TestContext.Current.CancellationToken);
        return text;
    }

    /// <summary>A client that signs in with <paramref name="token"/>, as scripts do.</summary>
    public HttpClient ClientWith(string token)
    {
        var client = CreateClient(new() { AllowAutoRedirect = false, HandleCookies = false, BaseAddress = ClientOptions.BaseAddress });
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        client.Timeout = Eventually.Timeout;
        return client;
    }

    /// <summary>A hub connection that is not started yet, by WebSocket and MessagePack.</summary>
    public HubConnection Hub(string path, string token) => new HubConnectionBuilder()
        .WithUrl(new Uri(Client().BaseAddress!, path), options =>
        {
            options.AccessTokenProvider = () => Task.FromResult<string?>(token);
            if (_listens)
                return;

            options.HttpMessageHandlerFactory = _ => Server.CreateHandler();
            options.WebSocketFactory = async (context, cancellation) =>
            {
                var sockets = Server.CreateWebSocketClient();
                sockets.ConfigureRequest = request => request.Headers.Authorization = $"Bearer {token}";
                return await sockets.ConnectAsync(context.Uri, cancellation);
            };
        })
        .AddMessagePackProtocol()
        .Build();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Log.Closed.WaitAsync(Eventually.Timeout);
        _folder.Dispose();
        GC.SuppressFinalize(this);
        Log.RequireNoUnannouncedErrors();
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        // As people run it, without what Development adds.
        builder.UseEnvironment("Production");
        builder.UseSetting("Data:Path", _folder.Path);
        builder.UseSetting("FirstRun:AdminUser", Administrator);
        builder.UseSetting("FirstRun:AdminPassword", AnyPassword);
        foreach (var (key, value) in settings)
            builder.UseSetting(key, value);

        builder.ConfigureTestServices(services =>
        {
            ConfigureServices(services);
            services.AddSingleton<ILogEventSink>(_ => Log);
            if (Time is not null)
                services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Time));
        });
    }

    private async Task<Account> AddAsync(string user, Role role)
    {
        // Started first: a server is made by the first client.
        var accounts = Services.GetRequiredService<AccountStore>();
        if (accounts.Book.FindByName(user) is { } known)
            return known;

        // The first administrator has the same password: its hash is taken over, as hashing is slow on purpose.
        var like = accounts.Book.FindByName(Administrator) ?? Account.Create(Administrator, AnyPassword, role, DateTimeOffset.UnixEpoch);
        var account = like with { Id = Ulid.NewUlid().ToString(), User = user, Role = role, Stamp = user };
        await accounts.ChangeAsync(book => book.With(account, limit: int.MaxValue), TestContext.Current.CancellationToken);
        return account;
    }

    /// <summary>What a kind of server leaves out.</summary>
    protected virtual void ConfigureServices(IServiceCollection services)
    {
        // A whole one leaves out nothing.
    }
}
