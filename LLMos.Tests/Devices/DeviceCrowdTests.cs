using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace LLMos.Tests.Devices;

/// <summary>Three people who do with one board whatever comes into their minds, and a board that is pulled out at any moment.</summary>
public sealed class DeviceCrowdTests(BenchServer bench) : IClassFixture<BenchServer>, IAsyncDisposable
{
    private readonly SerialPair _cable = bench.NextCable();
    private readonly ConcurrentDictionary<string, bool> _wasAccepted = new();

    public ValueTask DisposeAsync()
    {
        _cable.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Of_three_with_random_actions_no_byte_passes_without_a_lease_none_is_lost_and_each_has_an_owner()
    {
        var budget = new TortureBudget("DEVICESECONDS", count: 3, seconds: 0);
        await _cable.PlugInAsync();
        var device = await bench.Server.PortAsync(_cable.Port);
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(budget.Count));
        var toBoard = ReadBoardAsync();
        var fromBoard = Task.Run(() => TalkAsync(budget.Seed, over.Token), TestContext.Current.CancellationToken);
        string[] names = ["crowd-anna", "crowd-ben", "crowd-boss"];
        var people = new List<Client>();
        foreach (var name in names)
            people.Add(await Client.StartAsync(bench.Server, name, name == "crowd-boss" ? Role.Administrator : Role.Member, device.Identity.Id));

        var acting = people.Select((person, number) => Task.Run(() => ActAsync(person, people, device.Identity.Id, new Random((budget.Seed * 3) + number), over.Token), TestContext.Current.CancellationToken)).ToList();
        await Task.WhenAll(acting);
        var printed = await fromBoard;

        // A last word, after which nothing is on its way.
        foreach (var person in people)
            await person.GiveUpAsync();
        await using (var last = await Client.StartAsync(bench.Server, "crowd-last", Role.Member, device.Identity.Id))
        {
            await last.TakeAsync(takeOver: false);
            await WriteAsync(last, "the end\n");
            // A lease that is lost takes with it what is still on its way.
            await last.GiveUpAsync();
        }

        var heard = await toBoard.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);
        var dropped = Droppable(DevicesServer.EventsOf(device).ToList());
        var unpermitted = heard.Where(line => !_wasAccepted.GetValueOrDefault(line) && !IsCut(line)).ToList();
        Assert.True(unpermitted.Count == 0, $"The board heard what was refused: {string.Join(", ", unpermitted.Take(3))}");
        var lost = _wasAccepted.Where(written => written.Value && !dropped.Contains(written.Key) && !heard.Any(line => line.EndsWith(written.Key, StringComparison.Ordinal))).ToList();
        Assert.True(lost.Count == 0, $"The board did not hear what was accepted: {string.Join(", ", lost.Take(3))}");
        Assert.Equal(heard.Count, heard.Distinct().Count());
        Assert.True(heard.Count > 20, $"only {heard.Count} lines were written");

        foreach (var person in people)
        {
            await Eventually.HoldsAsync(() => person.ReceivedBytes >= printed.Length, "each watcher has all that the board said");
            Assert.True(printed.AsSpan().SequenceEqual(person.Received()), $"{person.Name} saw other bytes than the board sent");
            await person.DisposeAsync();
        }

        // Of one whose end was dropped, the beginning stands before the next.
        bool IsCut(string line) => Enumerable.Range(1, line.Length - 1).Any(at => _wasAccepted.GetValueOrDefault(line[at..]) && dropped.Any(whole => whole.StartsWith(line[..at], StringComparison.Ordinal)));

        RequireOwners(DevicesServer.EventsOf(device).ToList());
        budget.Tell($"{heard.Count} lines written, {_wasAccepted.Count(written => !written.Value)} refused, {printed.Length} bytes read by each of three");
    }

    [Fact]
    public async Task A_board_may_be_pulled_out_at_any_moment()
    {
        var budget = new TortureBudget("UNPLUGS", count: 6, seconds: 6, least: 3);
        var random = new Random(budget.Seed);
        await using var person = await Client.StartAsync(bench.Server, "puller", Role.Member, null);
        await _cable.PlugInAsync();
        var device = await bench.Server.PortAsync(_cable.Port);
        var id = device.Identity.Id;
        while (budget.TryTake())
        {
            await person.TakeAsync(takeOver: true, id);
            var doing = Task.Run(async () =>
            {
                for (var number = 0; ; number++)
                {
                    await (random.Next(3) switch
                    {
                        0 => person.Hub.InvokeAsync("Configure", id, person.Lease, new DeviceSettings(number % 2 == 0 ? 9600 : 115_200)),
                        1 => person.Hub.InvokeAsync("Signal", id, person.Lease, null, null, (bool?)false),
                        _ => person.Hub.InvokeAsync("Write", id, person.Lease, new byte[random.Next(1, 4096)]),
                    });
                }
            }, TestContext.Current.CancellationToken);
            var moment = Stopwatch.GetTimestamp();
            var wait = TimeSpan.FromMilliseconds(random.NextDouble() * 30);
            while (Stopwatch.GetElapsedTime(moment) < wait)
                await Task.Yield();
            _cable.PullOut();

            var refusal = await Assert.ThrowsAsync<HubException>(() => doing.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken));
            Assert.Matches("devices\\.(gone|write_timeout|setting_refused)", refusal.Message);
            await Eventually.HoldsAsync(() => !device.IsReady, "it is gone");
            await _cable.PlugInAsync();
            await Eventually.HoldsAsync(() => device.IsReady, "it is back");
            _cable.Board!.Write("back");
            await Eventually.HoldsAsync(() => DevicesServer.Received(device).EndsWith("back", StringComparison.Ordinal), "it is heard again");
        }

        budget.Tell($"pulled out {budget.Taken} times");
    }

    private async Task ActAsync(Client person, IReadOnlyList<Client> people, string id, Random random, CancellationToken over)
    {
        for (var number = 0; !over.IsCancellationRequested; number++)
        {
            try
            {
                switch (random.Next(12))
                {
                    case 0:
                        await person.TakeAsync(takeOver: false);
                        break;
                    case 1:
                        await person.TakeAsync(takeOver: true);
                        break;
                    case 2:
                        await person.Hub.InvokeAsync("ReleaseLease", id, person.Lease, CancellationToken.None);
                        break;
                    case 3:
                        await person.Hub.InvokeAsync("Configure", id, person.Lease, new DeviceSettings(random.Next(2) == 0 ? 57_600 : 115_200), CancellationToken.None);
                        break;
                    case 4:
                        // Somebody else's lease, which may be one that counts.
                        await WriteAsync(person, $"{person.Name} stole {number}\n", people[random.Next(people.Count)] is var other && other != person ? other.Lease : "none");
                        break;
                    default:
                        await WriteAsync(person, $"{person.Name} wrote {number}\n");
                        break;
                }
            }
            catch (HubException refusal)
            {
                // Others have it, mostly; nothing else may go wrong.
                Assert.Matches("devices\\.(lease_required|lease_busy|take_over_forbidden)", refusal.Message);
            }
        }
    }

    private async Task WriteAsync(Client person, string line, string? lease = null)
    {
        _wasAccepted[line.TrimEnd()] = false;
        await person.Hub.InvokeAsync("Write", person.Device, lease ?? person.Lease, Encoding.UTF8.GetBytes(line), CancellationToken.None);
        _wasAccepted[line.TrimEnd()] = true;
    }

    private Task<List<string>> ReadBoardAsync() => Task.Run(() =>
    {
        var lines = new List<string>();
        while (_cable.Board!.ReadLine() is var line)
        {
            lines.Add(line);
            if (line == "the end")
                break;
        }

        return lines;
    }, TestContext.Current.CancellationToken);

    private async Task<byte[]> TalkAsync(int seed, CancellationToken over)
    {
        var random = new Random(seed);
        var said = new MemoryStream();
        for (var number = 0; !over.IsCancellationRequested; number++)
        {
            var piece = new byte[random.Next(1, 200)];
            random.NextBytes(piece);
            said.Write(piece);
            await _cable.Board!.BaseStream.WriteAsync(piece, CancellationToken.None);
            if (number % 4 == 0)
                await Task.Delay(1, CancellationToken.None);
        }

        return said.ToArray();
    }

    /// <summary>What is done is done by the holder, or was begun by the former one and ends before the new one has it in hand.</summary>
    private static void RequireOwners(IEnumerable<DeviceEvent> events)
    {
        string? holder = null, former = null;
        foreach (var happened in events)
        {
            switch (happened.Kind)
            {
                case "lease" when happened.Text!.StartsWith("taken", StringComparison.Ordinal):
                    (former, holder) = (holder ?? former, happened.By);
                    break;
                case "lease" when !happened.Text!.StartsWith("waits", StringComparison.Ordinal):
                    (former, holder) = (holder ?? former, null);
                    break;
                case "sent":
                    foreach (var line in Encoding.UTF8.GetString(happened.Data!).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line != "the end"))
                        Assert.True(line.StartsWith($"{happened.By} ", StringComparison.Ordinal), $"'{line}' is told as sent by {happened.By}");
                    goto case "settings";
                case "settings":
                    former = happened.By == holder ? null : former;
                    Assert.True(happened.By is not null && (happened.By == holder || happened.By == former), string.Create(CultureInfo.InvariantCulture, $"event {happened.Sequence}, {happened.Kind}, is by {happened.By}, but {holder ?? "nobody"} had it"));
                    break;
            }
        }
    }

    /// <summary>What was written before a lease was taken over or lost: what of it had not left the port is dropped.</summary>
    /// <remarks>Also what one wrote that was released, as a pseudo terminal does not tell what it holds, so that nobody waits for it.</remarks>
    private static HashSet<string> Droppable(IEnumerable<DeviceEvent> events)
    {
        var (dropped, sent, isLost) = (new HashSet<string>(), new List<string>(), false);
        foreach (var happened in events)
        {
            if (happened.Kind == "sent")
            {
                sent.AddRange(Encoding.UTF8.GetString(happened.Data!).Split('\n', StringSplitOptions.RemoveEmptyEntries));
                // It may have been on its way when the lease was taken over.
                if (isLost)
                    dropped.UnionWith(sent);
                isLost = false;
            }

            if (happened.Kind != "lease" || happened.Text!.StartsWith("waits", StringComparison.Ordinal))
                continue;
            isLost = happened.Text != "released";
            if (!isLost)
                continue;
            dropped.UnionWith(sent);
            sent.Clear();
        }

        return dropped;
    }

    private sealed class Client : IAsyncDisposable
    {
        private readonly MemoryStream _received = new();
        private readonly CancellationTokenSource _enough = new();
        private Task _watching = Task.CompletedTask;

        private Client(HubConnection hub, string name, string? device) => (Hub, Name, Device) = (hub, name, device);

        public HubConnection Hub { get; }

        public string Name { get; }

        public string? Device { get; }

        public string Lease { get; private set; } = "none";

        public long ReceivedBytes
        {
            get
            {
                lock (_received)
                    return _received.Length;
            }
        }

        public static async Task<Client> StartAsync(LLMosServer server, string name, Role role, string? device)
        {
            var hub = server.Hub("/hubs/devices", await server.TokenAsync(name, role));
            await hub.StartAsync(TestContext.Current.CancellationToken);
            var client = new Client(hub, name, device);
            if (device is not null)
                client._watching = client.WatchAsync(device);
            return client;
        }

        public async Task TakeAsync(bool takeOver, string? device = null) =>
            Lease = (await Hub.InvokeAsync<LeaseAnswer>("TakeLease", device ?? Device, new LeaseRequest(TakeOver: takeOver))).LeaseId;

        public async Task GiveUpAsync()
        {
            try
            {
                await Hub.InvokeAsync("ReleaseLease", Device, Lease);
            }
            catch (HubException)
            {
                // Not its holder.
            }
        }

        public byte[] Received()
        {
            lock (_received)
                return _received.ToArray();
        }

        public async ValueTask DisposeAsync()
        {
            await _enough.CancelAsync();
            await _watching;
            await Hub.DisposeAsync();
            _enough.Dispose();
        }

        private async Task WatchAsync(string device)
        {
            try
            {
                await foreach (var batch in Hub.StreamAsync<DeviceEvent[]>("Watch", device, 0L, _enough.Token))
                {
                    foreach (var happened in batch.Where(happened => happened.Kind == "received"))
                    {
                        lock (_received)
                            _received.Write(happened.Data!);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Enough was seen.
            }
        }
    }
}
