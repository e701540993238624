using System.Net;
using LLMos.Server.Accounts;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Accounts;

/// <summary>What holds for every hub, shown on one that exists for it.</summary>
public sealed class HubSignInTests : IAsyncLifetime
{
    private ProbeServer _server = null!;
    private Account _eva = null!;
    private string _token = "";

    public async ValueTask InitializeAsync()
    {
        _server = await ProbeServer.StartAsync(app => app.MapHub<ProbeHub>("/hubs/probe"));
        var now = TimeProvider.System.GetUtcNow();
        var boss = Account.Create("boss", LLMosServer.AnyPassword, Role.Administrator, now);
        _eva = Account.Create("eva", LLMosServer.AnyPassword, Role.Member, now);
        (var token, _token) = AccessToken.Create(_eva.Id, "test", days: 1, new AccountOptions(), now);
        await ChangeAsync(book => book.With(boss, 10).With(_eva, 10).WithToken(token, 10));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Hub_knows_its_caller()
    {
        await using var hub = await ConnectAsync();

        Assert.Equal($"{_eva.Id} {_eva.Id} eva Member", await hub.InvokeAsync<string>("Who"));
    }

    [Fact]
    public async Task Refusal_reaches_the_caller_with_its_code()
    {
        await using var hub = await ConnectAsync();

        var refusal = await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync("Refuse"));

        Assert.Contains("accounts.person_not_found: There is no such person.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bug_reaches_the_caller_as_internal_and_the_log_with_its_text()
    {
        _server.Log.Announce("the secret reason");
        await using var hub = await ConnectAsync();

        var failure = await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync("Fail"));

        Assert.Contains("internal: ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
        Assert.Single(_server.Log.Lines, line => line.Contains("the secret reason", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Method_for_administrators_refuses_a_member()
    {
        await using var hub = await ConnectAsync();

        await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync("Administer"));
    }

    [Fact]
    public async Task Wrong_token_does_not_connect()
    {
        _token += "x";

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(ConnectAsync);

        Assert.Equal(HttpStatusCode.Unauthorized, refusal.StatusCode);
    }

    [Fact]
    public async Task Page_of_another_host_does_not_connect()
    {
        using var client = _server.Client();
        client.DefaultRequestHeaders.Add("Origin", "http://127.0.0.1:3000");

        using var answer = await client.PostAsync($"/hubs/probe/negotiate?negotiateVersion=1&access_token={_token}", null);

        await answer.RefusedAsync(HttpStatusCode.Forbidden, "request.origin_refused");
    }

    public static TheoryData<string> Ends => ["person removed", "role changed", "token removed"];

    [Theory, MemberData(nameof(Ends))]
    public async Task Connection_ends_when_its_sign_in_no_longer_holds(string end)
    {
        await using var hub = await ConnectAsync();
        var closed = new TaskCompletionSource();
        hub.Closed += _ => { closed.SetResult(); return Task.CompletedTask; };

        await ChangeAsync(book => end switch
        {
            "person removed" => book.Without(_eva.Id),
            "role changed" => book.WithChanges(_eva.Id, Role.Viewer, password: null),
            _ => book.WithoutToken(_eva.Id, book.TokensOf(_eva.Id).Single().Id),
        });

        await closed.Task.WaitAsync(Eventually.Timeout);
    }

    [Fact]
    public async Task Connection_stays_when_somebody_elses_sign_in_ends()
    {
        await using var hub = await ConnectAsync();
        var max = Account.Create("max", LLMosServer.AnyPassword, Role.Member, TimeProvider.System.GetUtcNow());
        await ChangeAsync(book => book.With(max, 10));
        await ChangeAsync(book => book.Without(max.Id));

        Assert.Contains("eva", await hub.InvokeAsync<string>("Who"), StringComparison.Ordinal);
    }

    private Task<AccountBook> ChangeAsync(Func<AccountBook, AccountBook> change) =>
        _server.Services.GetRequiredService<AccountStore>().ChangeAsync(change, CancellationToken.None);

    private async Task<HubConnection> ConnectAsync()
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(_server.Address, "/hubs/probe"), options => options.AccessTokenProvider = () => Task.FromResult<string?>(_token))
            .AddMessagePackProtocol()
            .Build();
        await hub.StartAsync().WaitAsync(Eventually.Timeout);
        return hub;
    }

    private sealed class ProbeHub(AccountStore accounts) : Hub
    {
        public string Who()
        {
            var caller = Caller.Of(Context.User);
            return $"{Context.UserIdentifier} {caller.AccountId} {caller.Name} {caller.Role}";
        }

        public void Refuse() => accounts.Book.Get("nobody");

        public void Fail() => throw new InvalidOperationException($"the secret reason of {Context.ConnectionId}");

        [Authorize(nameof(Role.Administrator))]
        public string Administer() => Who();
    }
}
