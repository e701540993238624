using System.Net;
using System.Net.Sockets;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace LLMos.Tests.Hosting;

/// <summary>What one person, one connection and one address may have open or hold at the same time.</summary>
public sealed class PersonBoundsTests
{
    private const string Devices = "/hubs/devices";

    [Fact]
    public async Task Requests_of_one_person_are_bounded_over_all_connections_and_anothers_are_not_counted()
    {
        await using var server = new ServerWithoutPrograms(("Hosting:MaxRequestsPerPerson", "10")).Listen();
        var (ada, bob) = (await server.TokenAsync("ada"), await server.TokenAsync("bob"));
        // A hub connection is a request that stays open.
        var hubs = Enumerable.Range(0, 10).Select(_ => server.Hub(Devices, ada)).ToList();
        foreach (var hub in hubs)
            await ConnectAsync(hub);

        using var refused = await server.ClientWith(ada).GetAsync("/api/v1/volumes", TestContext.Current.CancellationToken);
        using var others = await server.ClientWith(bob).GetAsync("/api/v1/volumes", TestContext.Current.CancellationToken);

        await refused.RefusedAsync(HttpStatusCode.TooManyRequests, "request.too_many");
        Assert.Equal(HttpStatusCode.OK, others.StatusCode);
        await hubs[0].DisposeAsync();
        await UntilAsync(async () => (await server.ClientWith(ada).GetAsync("/api/v1/volumes", TestContext.Current.CancellationToken)).StatusCode == HttpStatusCode.OK);
        foreach (var hub in hubs)
            await hub.DisposeAsync();
    }

    [Fact]
    public async Task Streams_of_a_connection_are_bounded_and_one_that_ends_makes_room()
    {
        await using var server = new ServerWithoutPrograms(("Hosting:MaxStreamsPerConnection", "3")).Listen();
        await using var hub = server.Hub(Devices, await server.TokenAsync("ada", Role.Viewer));
        await hub.StartAsync(TestContext.Current.CancellationToken);
        using var enough = new CancellationTokenSource();
        var open = new List<IAsyncEnumerator<object>>();
        for (var count = 0; count < 3; count++)
            open.Add(await WatchAsync(hub, enough.Token));

        var refused = await Assert.ThrowsAsync<HubException>(() => WatchAsync(hub, CancellationToken.None));

        Assert.Contains("request.too_many_streams: ", refused.Message, StringComparison.Ordinal);
        await enough.CancelAsync();
        await UntilAsync(() => TryAsync(hub));
    }

    [Fact]
    public async Task Streams_of_a_person_are_bounded_over_all_connections()
    {
        await using var server = new ServerWithoutPrograms(("Hosting:MaxStreamsPerPerson", "3")).Listen();
        var token = await server.TokenAsync("ada", Role.Viewer);
        await using var first = server.Hub(Devices, token);
        await using var second = server.Hub("/hubs/volumes", token);
        await first.StartAsync(TestContext.Current.CancellationToken);
        await second.StartAsync(TestContext.Current.CancellationToken);
        await WatchAsync(first, CancellationToken.None);
        await WatchAsync(first, CancellationToken.None);

        ValueTask<bool> third;
        do
        {
            third = second.StreamAsync<object>("Watch", "user", 0L, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken).MoveNextAsync();
            await UntilAsync(async () => third.IsCompleted || !await TryAsync(first));
        }
        while (third.IsFaulted); // It came while a try had the last place.

        Assert.False(third.IsCompleted);
    }

    [Fact]
    public async Task An_answer_waits_until_those_before_it_are_read_and_is_refused_after_a_time()
    {
        var time = new FakeTimeProvider();
        var room = new AnswerRoom(Options.Create(new HostingOptions { AnswerMegabytesPerPerson = 8 }), time);
        const long Megabyte = 1024 * 1024;
        using var first = await room.TakeAsync("ada", 6 * Megabyte, TestContext.Current.CancellationToken);

        var second = room.TakeAsync("ada", 4 * Megabyte, TestContext.Current.CancellationToken).AsTask();
        var third = room.TakeAsync("ada", 1, TestContext.Current.CancellationToken).AsTask();
        var others = room.TakeAsync("bob", 100 * Megabyte, TestContext.Current.CancellationToken);
        var request = room.TakeAsync(new DefaultHttpContext(), "ada", 8 * Megabyte);

        Assert.True(others.IsCompleted);
        // In their turn, or what is large never came to its own.
        Assert.False(second.IsCompleted || third.IsCompleted || request.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal("request.unread_answers", (await Assert.ThrowsAsync<DomainException>(() => request)).Error.Code);
        first!.Dispose();
        Assert.NotNull(await second);
        Assert.NotNull(await third);
    }

    [Fact]
    public async Task Who_gives_up_waiting_holds_up_nobody()
    {
        var room = new AnswerRoom(Options.Create(new HostingOptions { AnswerMegabytesPerPerson = 8 }), TimeProvider.System);
        using var first = await room.TakeAsync("ada", 5_000_000, TestContext.Current.CancellationToken);
        using var impatient = new CancellationTokenSource();
        var large = room.TakeAsync("ada", 8_000_000, impatient.Token).AsTask();
        var small = room.TakeAsync("ada", 1000, TestContext.Current.CancellationToken).AsTask();

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        Assert.NotNull(await small);
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_closed()
    {
        await using var server = new ServerWithoutPrograms(("Hosting:SilentSeconds", "1")).Listen();
        using var silent = await OpenAsync(server);

        Assert.Equal(0, await EndAsync(silent));
    }

    [Fact]
    public async Task An_address_has_a_bounded_number_of_connections_and_one_that_ends_makes_room()
    {
        await using var server = new ServerWithoutPrograms(("Hosting:MaxConnectionsPerAddress", "3")).Listen();
        var open = new List<TcpClient>();
        for (var count = 0; count < 3; count++)
            open.Add(await OpenAsync(server));

        using (var more = await OpenAsync(server))
            Assert.Equal(0, await EndAsync(more));
        open.ForEach(one => one.Dispose());

        await UntilAsync(async () =>
        {
            using var next = await OpenAsync(server);
            await next.GetStream().WriteAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            return await EndAsync(next) > 0;
        });
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(Eventually.Timeout);
        while (!await holds())
            Assert.False(patience.IsCancellationRequested, "There is no room again.");
    }

    private static async Task ConnectAsync(HubConnection hub) => await hub.StartAsync(TestContext.Current.CancellationToken);

    private static async Task<IAsyncEnumerator<object>> WatchAsync(HubConnection hub, CancellationToken cancellation)
    {
        var stream = hub.StreamAsync<object>("Watch", "virtual-1", 0L, cancellation).GetAsyncEnumerator(cancellation);
        Assert.True(await stream.MoveNextAsync());
        return stream;
    }

    private static async Task<bool> TryAsync(HubConnection hub)
    {
        try
        {
            await WatchAsync(hub, CancellationToken.None);
            return true;
        }
        catch (HubException)
        {
            return false;
        }
    }

    private static async Task<TcpClient> OpenAsync(LLMosServer server)
    {
        var address = server.Client().BaseAddress!;
        var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        return client;
    }

    /// <returns>The bytes that came: 0 is the end.</returns>
    private static async Task<int> EndAsync(TcpClient client)
    {
        using var patience = new CancellationTokenSource(Eventually.Timeout);
        try
        {
            return await client.GetStream().ReadAsync(new byte[1], patience.Token);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
