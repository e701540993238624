using System.Net.WebSockets;
using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Server.Devices.Lent;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace LLMos.Tests.Devices;

/// <summary>Ports that are lent again to a server which has given them up, or has started anew.</summary>
public sealed class LentAgainTests(LendingServer lending) : IClassFixture<LendingServer>
{
    private readonly LLMosServer _server = lending.Server;
    private readonly FakeTimeProvider _time = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_lender_that_was_away_for_too_long_goes_on_where_it_was()
    {
        var lines = Lines();
        var caller = Caller("long");
        await using var first = new LendingCall(lines, caller, Port());
        var id = (await first.OrderAsync()).DeviceId!;
        first.Report(new(LentReport.Received, 0, [1, 2, 3]));
        await Eventually.HoldsAsync(() => Received(id).Length == 3, "three bytes have come");
        var lease = await Device(id).Leases.TakeAsync(caller, new(), null, TestContext.Current.CancellationToken);
        var writing = Device(id).WriteAsync(caller, lease.Id, "done"u8.ToArray());
        var order = await first.OrderAsync();
        await first.DisposeAsync();
        await Eventually.HoldsAsync(() => Device(id).Summarize().State == "away", "its lender is away");
        _time.Advance(TimeSpan.FromSeconds(16));
        await Assert.ThrowsAnyAsync<Exception>(() => writing);
        Assert.Equal("absent", Device(id).Summarize().State);

        // It had sent five bytes, of which two were lost on the way, and done the order.
        await using (var second = new LendingCall(lines, caller, Port() with { Done = order.Number, Sent = 5 }))
        {
            var lent = await second.OrderAsync();
            Assert.Equal((id, 3), (lent.DeviceId, lent.Offset));
            second.Report(new(LentReport.Received, 3, [4, 5]));
            await Eventually.HoldsAsync(() => Received(id).SequenceEqual<byte>([1, 2, 3, 4, 5]), "each byte once");
            var settings = await second.OrderAsync();
            Assert.Equal(("settings", true), (settings.Kind, settings.Number > order.Number));
            second.Report(new(LentReport.Done, Number: settings.Number));

            var again = Device(id).WriteAsync(caller, lease.Id, "not done"u8.ToArray());
            var lost = await second.OrderAsync();
            Assert.Equal(("write", true), (lost.Kind, lost.Number > settings.Number));
            await second.DisposeAsync();
            await using var third = new LendingCall(lines, caller, Port() with { Done = settings.Number, Sent = 5 });
            await third.OrderAsync();
            Assert.Equal(lost.Number, (await third.OrderAsync()).Number);
            Assert.False(again.IsCompleted, "it is not taken for done");
            third.Report(new(LentReport.Done, Number: lost.Number));
            await again;
        }

        Assert.DoesNotContain(Device(id).Log.Read(0, 100), happened => happened.Text?.Contains("missing", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_server_that_started_anew_is_sent_nothing_twice_and_says_so_in_the_log()
    {
        using var folder = new TemporaryFolder();
        using var ports = new TemporaryFolder();
        using var board = new SerialPair(ports, 1);
        await board.PlugInAsync();
        using var lender = new PortLender(new("port-1", "Board", board.Port), "machine", TimeProvider.System);
        var (id, token, serving) = ("", "", Task.CompletedTask);
        await using (var before = new ServerWithoutPrograms(("Data:Path", folder.Path)).Listen())
        {
            token = await before.TokenAsync("ben");
            serving = ServeAsync(before, TestContext.Current.CancellationToken);
            board.Board!.Write("before");
            await Eventually.HoldsAsync(() => id.Length > 0 && DevicesServer.Received(before.Registry().Get(id)) == "before", "it is recorded");
            using var ben = before.ClientWith(token);
            using var written = await ben.AskAsync(id, "write", new { leaseId = await ben.LeaseAsync(id), text = "x" });
            written.EnsureSuccessStatusCode();
        }

        await serving.ContinueWith(_ => { }, TaskScheduler.Default);
        board.Board.Write(", between");
        await using var after = new ServerWithoutPrograms(("Data:Path", folder.Path)).Listen();
        using var end = new CancellationTokenSource();
        var again = ServeAsync(after, end.Token);
        await Eventually.HoldsAsync(() => after.Registry().All.Any(device => device.Identity.Id == id && device.IsReady), "it is lent again");
        board.Board.Write(", after");
        var device = after.Registry().Get(id);
        await Eventually.HoldsAsync(() => DevicesServer.Received(device).EndsWith("after", StringComparison.Ordinal), "all is recorded");

        Assert.Equal("before, between, after", DevicesServer.Received(device));
        Assert.Contains(device.Log.Read(0, 1000), happened => happened.Text?.StartsWith("Bytes may be missing: its lender goes on at byte 6,", StringComparison.Ordinal) == true);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again);

        async Task ServeAsync(LLMosServer server, CancellationToken cancellation)
        {
            await using var connection = server.Hub("/hubs/devices", token);
            await connection.StartAsync(cancellation);
            await lender.ServeAsync(connection, lent => id = lent, cancellation);
        }
    }

    [Fact]
    public async Task Ports_of_one_name_at_two_machines_are_two_devices()
    {
        using var ports = new TemporaryFolder();
        using var one = new SerialPair(ports, 1);
        using var other = new SerialPair(ports, 2);
        var token = await lending.NextLenderAsync();
        var ids = new HashSet<string>();
        foreach (var (pair, machine) in new[] { (one, "one"), (other, "other") })
        {
            await pair.PlugInAsync();
            using var lender = new PortLender(new("path-dev-ttyUSB0", "Board", pair.Port), machine, TimeProvider.System);
            await using var connection = _server.Hub("/hubs/devices", token);
            await connection.StartAsync(TestContext.Current.CancellationToken);
            using var enough = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lender.ServeAsync(
                connection,
                id =>
                {
                    ids.Add(id);
                    enough.Cancel();
                },
                enough.Token));
        }

        Assert.Equal(2, ids.Count);
    }

    [Fact]
    public async Task A_lender_that_floods_is_read_as_fast_as_the_clock_allows()
    {
        var sent = 0L;
        await using var call = new LendingCall(Lines(), Caller("flood"), Port(), FloodAsync());
        await call.OrderAsync();
        await Eventually.HoldsAsync(() => Interlocked.Read(ref sent) >= 2 << 20, "what may come at once is read");
        var burst = Interlocked.Read(ref sent);
        Assert.InRange(burst, 2 << 20, 3 << 20);

        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => Interlocked.Read(ref sent) > burst, "it is read on");
        Assert.InRange(Interlocked.Read(ref sent), burst, burst + (5 << 20));

        async IAsyncEnumerable<LentReport> FloodAsync()
        {
            while (true)
            {
                await Task.CompletedTask;
                var offset = Interlocked.Add(ref sent, LentLine.MostReport) - LentLine.MostReport;
                yield return new(LentReport.Received, offset, new byte[LentLine.MostReport]);
            }
        }
    }

    [Fact]
    public async Task A_lender_that_vanishes_in_the_middle_of_a_frame_is_away_and_others_are_not()
    {
        var token = await lending.NextLenderAsync();
        await using var other = await LendingClient.StartAsync(_server, await lending.NextLenderAsync(), LendingClient.Port("other"));
        using var cable = new CutCable(_server.Client().BaseAddress!);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        await socket.ConnectAsync(new($"ws://127.0.0.1:{cable.Address.Port}/hubs/devices"), TestContext.Current.CancellationToken);
        await SendAsync("{\"protocol\":\"json\",\"version\":1}\u001e");
        await SendAsync("{\"type\":4,\"invocationId\":\"1\",\"target\":\"Lend\",\"arguments\":[{\"key\":\"frame\",\"epoch\":\"1\",\"name\":\"Frame\"}],\"streamIds\":[\"2\"]}\u001e");
        await Eventually.HoldsAsync(() => State() == "ready", "it is lent");
        await SendAsync("{\"type\":2,\"invocationId\":\"2\",\"item\":{\"kind\":\"received\",\"data\":\"AAAAAAAA");
        cable.Cut();

        await Eventually.HoldsAsync(() => State() is "away" or "absent", "it is away");
        other.Receive(0, 1);
        await Eventually.HoldsAsync(() => Received(other.Lent.DeviceId!).Length == 1, "the other is heard");

        Task SendAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);

        string? State() => _server.Registry().All.FirstOrDefault(device => device.Name == "Frame")?.Summarize().State;
    }

    private static LentPort Port() => new("key", "1", "Board");

    private static Caller Caller(string name) => new(name, name, Role.Member);

    private LentLines Lines() => new(_server.Registry(), Microsoft.Extensions.Options.Options.Create(new DeviceOptions()), NoAccounts.Holdings(_time), _time);

    private Device Device(string id) => _server.Registry().Get(id);

    private byte[] Received(string id) => DevicesServer.BytesOf(Device(id), "received");
}
