using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Sessions;
using LLMos.Tests.Devices;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Runs;

/// <summary>The table of Accounts/README.md, "What a credential holds": each kind of thing, by each way of taking back.</summary>
public sealed class TakingBackTests : IAsyncLifetime
{
    private const string Removed = "removed", Demoted = "demoted", Reset = "reset by an administrator", TokenRemoved = "token removed", TokenExpired = "token expired", LogOut = "log-out";

    private readonly LLMosServer _server = new LLMosServer(LightPython.Setting, ("Devices:Virtual", "2")).Listen();

    private AccountStore Accounts => _server.Services.GetRequiredService<AccountStore>();

    public static TheoryData<string> Ways => [Removed, Demoted, Reset, TokenRemoved, TokenExpired, LogOut];

    public async ValueTask InitializeAsync()
    {
        await SharedServer.WarmAsync(_server);
        await _server.VirtualAsync("virtual-1");
        await _server.VirtualAsync("virtual-2");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory, MemberData(nameof(Ways))]
    public async Task What_a_credential_holds_ends_when_it_is_taken_back(string way)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var eva = await CredentialAsync("eva", byCookie: way == LogOut);
        using var admin = await _server.SignInAsAdministratorAsync();

        // A session, then a run and one that waits behind it, a request that waits for a run, and a stream of events.
        await eva.RunAsync("x = 1", session: "notes");
        var running = await eva.StartAsync("while True: pass");
        var queued = await eva.StartAsync("print(1)");
        var waiting = eva.Client.PostAsJsonAsync("/api/v1/runs?wait=60", RunCalls.Python("print(2)"), stop);
        using var asking = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{running.Id}/events") { Headers = { { "Accept", "text/event-stream" } } };
        using var events = await eva.Client.SendAsync(asking, HttpCompletionOption.ResponseHeadersRead, stop);
        var following = ReadToEndAsync(events);

        // A hub connection, an upload, a lease, a place behind another's lease, a board's TCP port with a client, a lent port.
        await using var hub = await eva.ConnectAsync("/hubs/volumes");
        var closed = new TaskCompletionSource();
        hub.Closed += _ => { closed.TrySetResult(); return Task.CompletedTask; };
        var upload = new EndlessUpload();
        var uploading = UploadAsync(eva.Client, upload);
        await upload.Begun.WaitAsync(Eventually.Timeout, stop);
        var lease = await eva.Client.LeaseAsync("virtual-1");
        var door = await (await eva.Client.AskAsync("virtual-1", "rfc2217", new LeaseUse(lease))).ReadAsync<Rfc2217Answer>();
        using var line = new TcpClient();
        using var late = new TcpClient();
        await line.ConnectAsync(door.Host, door.Port, stop);
        var hangingUp = HungUpAsync(line);
        using var other = _server.ClientWith(await _server.TokenAsync("max"));
        var others = await other.LeaseAsync("virtual-2");
        var queueing = eva.Client.PostAsJsonAsync("/api/v1/devices/virtual-2/lease", new LeaseRequest(WaitSeconds: 300), stop);
        await Eventually.HoldsAsync(() => Lease("virtual-2").Waiting is ["eva"], "eva waits");
        await using var lender = await LendingClient.StartAsync(await eva.ConnectAsync("/hubs/devices"), LendingClient.Port("taken"));
        var lent = _server.Registry().Get(lender.Lent.DeviceId!);

        await TakeBackAsync(way, eva, admin);

        await Eventually.HoldsAsync(() => !Sessions().List(eva.Caller).Sessions.Any(), "the session is closed");
        await Eventually.HoldsAsync(() => EndOf(eva, running.Id) is not null && EndOf(eva, queued.Id) is not null, "the runs have ended");
        Assert.Equal(("cancelled", "cancelled"), (EndOf(eva, running.Id)!.State, EndOf(eva, queued.Id)!.State));
        await Ended(following, "the stream of events");
        await Ended(waiting, "the request that waits");
        await Ended(closed.Task, "the hub connection");
        await Ended(hangingUp, "the client at the board's port");
        await Assert.ThrowsAnyAsync<SocketException>(async () => await late.ConnectAsync(door.Host, door.Port, stop));
        await Eventually.HoldsAsync(() => Lease("virtual-1").Current is null, "the lease is free");
        await Ended(queueing, "the request that waits for a lease");
        await Eventually.HoldsAsync(() => Lease("virtual-2") is { Waiting: [] }, "nobody waits");
        Assert.Equal("max", Lease("virtual-2").Current!.Holder.Name);
        await Eventually.HoldsAsync(() => lent.Summarize().State is "absent" or "removed", "the lent port has ended");

        // Viewers write their own files: what does not need the lost role goes on.
        if (way == Demoted)
        {
            upload.Finish();
            Assert.Equal(HttpStatusCode.Created, await uploading);
        }
        else
        {
            Assert.Null(await uploading.WaitAsync(Eventually.Timeout, stop));
        }

        (await other.AskAsync("virtual-2", "lease/release", new LeaseUse(others))).Dispose();
    }

    [Theory, InlineData(TokenRemoved), InlineData(TokenExpired), InlineData(LogOut)]
    public async Task What_was_begun_by_another_credential_of_the_person_goes_on(string way)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var ended = await CredentialAsync("eva", byCookie: way == LogOut);
        await using var kept = await CredentialAsync("eva", byCookie: false);
        using var admin = await _server.SignInAsAdministratorAsync();
        await ended.RunAsync("x = 1", session: "ended");
        await kept.RunAsync("x = 1", session: "kept");
        var running = await kept.StartAsync("while True: pass");
        await using var hub = await kept.ConnectAsync("/hubs/runs");
        var lease = await kept.Client.LeaseAsync("virtual-1");
        // A door that the ended credential opens with the lease of the other.
        var door = await (await ended.Client.AskAsync("virtual-1", "rfc2217", new LeaseUse(lease))).ReadAsync<Rfc2217Answer>();
        using var line = new TcpClient();
        await line.ConnectAsync(door.Host, door.Port, stop);
        var hangingUp = HungUpAsync(line);

        await TakeBackAsync(way, ended, admin);

        await Ended(hangingUp, "the client at the board's port");
        await Eventually.HoldsAsync(() => Sessions().List(kept.Caller).Sessions is [{ Name: "kept" }], "only the other's session is there");
        Assert.Equal(lease, Lease("virtual-1").Current!.Id);
        Assert.Equal("running", (await kept.RunOf(running.Id)).State);
        Assert.Equal(HubConnectionState.Connected, hub.State);
        Assert.NotEmpty(await hub.WatchAsync(running.Id, 0, _ => true));
    }

    [Fact]
    public async Task Demoted_administrator_goes_on_as_a_member()
    {
        await using var root = await CredentialAsync("root", byCookie: false, Role.Administrator);
        var running = await root.StartAsync("while True: pass");
        var lease = await root.Client.LeaseAsync("virtual-1");

        await Accounts.ChangeAsync(book => book.WithChanges(root.Caller.AccountId, Role.Member, password: null), TestContext.Current.CancellationToken);

        Assert.Equal(lease, Lease("virtual-1").Current!.Id);
        Assert.Equal("running", (await root.RunOf(running.Id)).State);
    }

    [Fact]
    public async Task Right_that_is_taken_back_between_the_check_and_the_beginning_is_refused()
    {
        await using var eva = await CredentialAsync("eva", byCookie: false);
        var caller = eva.Caller;
        await Accounts.ChangeAsync(book => book.WithoutTokens(caller.AccountId), TestContext.Current.CancellationToken);
        var runs = _server.Services.GetRequiredService<RunRegistry>();

        await RefusedAsync(() => runs.StartAsync(caller, RunCalls.Python("print(1)"), null, TimeSpan.Zero, CancellationToken.None));
        await RefusedAsync(() => _server.Registry().Get("virtual-1").Leases.TakeAsync(caller, new(), null, CancellationToken.None));
        Assert.Empty(runs.List(caller, before: null, limit: 10));
        Assert.Null(Lease("virtual-1").Current);

        static async Task RefusedAsync(Func<Task> act) =>
            Assert.Equal("accounts.sign_in_required", (await Assert.ThrowsAsync<LLMos.Server.Foundation.Errors.DomainException>(act)).Error.Code);
    }

    private async Task TakeBackAsync(string way, Held credential, HttpClient admin)
    {
        var (id, stop) = (credential.Caller.AccountId, TestContext.Current.CancellationToken);
        switch (way)
        {
            case Removed:
                (await admin.DeleteAsync($"/api/v1/people/{id}", stop)).EnsureSuccessStatusCode();
                break;
            case Demoted:
                (await admin.PatchAsJsonAsync($"/api/v1/people/{id}", new { role = "viewer" }, stop)).EnsureSuccessStatusCode();
                break;
            case Reset:
                (await admin.PatchAsJsonAsync($"/api/v1/people/{id}", new { password = "battery staple" }, stop)).EnsureSuccessStatusCode();
                break;
            case TokenRemoved:
                (await admin.DeleteAsync($"/api/v1/people/{id}/tokens/{Accounts.Book.TokensByHash[credential.Caller.CredentialId].Id}", stop)).EnsureSuccessStatusCode();
                break;
            case TokenExpired:
                var soon = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(300);
                await Accounts.ChangeAsync(book => book with { TokensByHash = book.TokensByHash.SetItem(credential.Caller.CredentialId, book.TokensByHash[credential.Caller.CredentialId] with { ExpiresAt = soon }) }, stop);
                break;
            default:
                (await credential.Client.PostAsync("/api/v1/logout", null, stop)).EnsureSuccessStatusCode();
                break;
        }
    }

    private async Task<Held> CredentialAsync(string user, bool byCookie, Role role = Role.Member)
    {
        var token = await _server.TokenAsync(user, role);
        var account = Accounts.Book.FindByName(user)!;
        if (!byCookie)
            return new(_server, _server.ClientWith(token), options => options.AccessTokenProvider = () => Task.FromResult<string?>(token), new(account.Id, user, role) { CredentialId = Secret.HashOf(token) });

        var known = Accounts.Book.SignIns.Keys.ToHashSet();
        using var login = await _server.Client().PostAsJsonAsync("/api/v1/login", new LoginRequest(user, LLMosServer.AnyPassword));
        var cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        var client = _server.CreateClient(new() { AllowAutoRedirect = false, HandleCookies = false, BaseAddress = _server.ClientOptions.BaseAddress });
        client.DefaultRequestHeaders.Add("Cookie", cookie);
        client.DefaultRequestHeaders.Add("X-LLMos-Request", "1");
        return new(_server, client, options => options.Headers["Cookie"] = cookie, new(account.Id, user, role) { CredentialId = Accounts.Book.SignIns.Keys.Single(id => !known.Contains(id)) });
    }

    private SessionRegistry Sessions() => _server.Services.GetRequiredService<SessionRegistry>();

    private (Lease? Current, IReadOnlyList<string> Waiting) Lease(string device) => _server.Registry().Get(device).Leases.Look();

    /// <summary>How a run ended: as kept, or gone with its person.</summary>
    private RunSummary? EndOf(Held person, string id)
    {
        try
        {
            return _server.Services.GetRequiredService<RunRegistry>().GetSummary(person.Caller, id) is { EndedAt: not null } ended ? ended : null;
        }
        catch (LLMos.Server.Foundation.Errors.DomainException)
        {
            return new(id, "python", "cancelled", "", "", null, default, null, default(DateTime), null);
        }
    }

    private static async Task Ended(Task task, string what)
    {
        await Task.WhenAny(task, Task.Delay(Eventually.Timeout, TestContext.Current.CancellationToken));
        Assert.True(task.IsCompleted, $"{what} has not ended");
        _ = task.Exception;
    }

    private static async Task ReadToEndAsync(HttpResponseMessage answer)
    {
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.CopyToAsync(Stream.Null);
    }

    private static async Task HungUpAsync(TcpClient line)
    {
        var buffer = new byte[1024];
        try
        {
            while (await line.GetStream().ReadAsync(buffer) > 0)
            {
                // What the board says.
            }
        }
        catch (IOException)
        {
            // Hung up without a word.
        }
    }

    private static async Task<HttpStatusCode?> UploadAsync(HttpClient client, EndlessUpload upload)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/volumes/user/files/slow.bin") { Content = upload };
        // The body is asked for when the server reads it.
        request.Headers.ExpectContinue = true;
        try
        {
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private sealed class EndlessUpload : HttpContent
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously), _rest = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndlessUpload() => Headers.ContentType = new("application/octet-stream");

        public Task Begun => _begun.Task;

        public void Finish() => _rest.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[100_000]);
            await stream.FlushAsync();
            _begun.TrySetResult();
            await _rest.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            Finish();
            base.Dispose(disposing);
        }
    }

    private sealed record Held(LLMosServer Server, HttpClient Client, Action<HttpConnectionOptions> Prove, Caller Caller) : IAsyncDisposable
    {
        private readonly List<HubConnection> _hubs = [];

        public async Task<HubConnection> ConnectAsync(string path)
        {
            var hub = new HubConnectionBuilder().WithUrl(new Uri(Client.BaseAddress!, path), Prove).AddMessagePackProtocol().Build();
            _hubs.Add(hub);
            await hub.StartAsync(TestContext.Current.CancellationToken);
            return hub;
        }

        public async Task<RunRecord> StartAsync(string code) =>
            await (await Client.PostAsJsonAsync("/api/v1/runs", RunCalls.Python(code) with { TimeoutSeconds = 120 })).ReadAsync<RunRecord>();

        public async Task RunAsync(string code, string session) =>
            Assert.Equal("succeeded", (await (await Client.PostAsJsonAsync("/api/v1/runs?wait=60", RunCalls.Python(code) with { Session = session })).ReadAsync<RunRecord>()).State);

        public async Task<RunRecord> RunOf(string id) => await (await Client.GetAsync($"/api/v1/runs/{id}")).ReadAsync<RunRecord>();

        public async ValueTask DisposeAsync()
        {
            foreach (var hub in _hubs)
                await hub.DisposeAsync();
            Client.Dispose();
        }
    }
}
