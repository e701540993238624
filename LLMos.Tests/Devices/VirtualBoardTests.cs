using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Server.Devices.Lines.Virtual;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

public sealed class VirtualBoardTests(BenchServer bench) : IClassFixture<BenchServer>, IAsyncLifetime
{
    private readonly LLMosServer _server = bench.Server;
    private HttpClient _anna = null!;
    private Device _board = null!;

    public async ValueTask InitializeAsync()
    {
        _anna = await _server.SignInAsync("anna");
        _board = await bench.NextBoardAsync();
    }

    public ValueTask DisposeAsync()
    {
        _anna.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task It_is_listed_and_a_viewer_reads_its_boot_log()
    {
        using var viewer = await _server.SignInAsync("viewer", Role.Viewer);

        using var list = await viewer.GetAsync("/api/v1/devices");
        var summary = Assert.Single(await list.ReadAsync<DeviceSummary[]>(), device => device.Id == Id);
        Assert.Equal(("virtual", "ready"), (summary.Kind, summary.State));
        Assert.Null(summary.Lease);

        using var log = await viewer.GetAsync($"/api/v1/devices/{Id}/log");
        Assert.Contains((await log.ReadAsync<DeviceEvents>()).Events, happened => happened.Kind == "received" && Encoding.ASCII.GetString(happened.Data!).Contains("rst:0x1 (POWERON_RESET)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_action_of_the_protocol_is_answered()
    {
        var lease = await _anna.LeaseAsync(Id);

        Assert.Equal("ESP32 (virtual)", (string?)(await CommandAsync("""{"action":"get_info"}"""))["device"]);
        Assert.NotNull((await CommandAsync("""{"action":"get_status"}"""))["uptimeMilliseconds"]);
        Assert.Equal(1, (int?)(await CommandAsync("""{"action":"set_gpio","pin":2,"state":1}"""))["state"]);
        Assert.Equal(1, (int?)(await CommandAsync("""{"action":"read_gpio","pin":2}"""))["state"]);
        Assert.InRange((int)(await CommandAsync("""{"action":"read_adc","pin":34}"""))["value"]!, 0, 4095);
        Assert.NotNull((await CommandAsync("""{"action":"read_i2c","address":60}"""))["data"]);
        Assert.Equal(128, (int?)(await CommandAsync("""{"action":"set_pwm","pin":4,"duty":128}"""))["duty"]);
        Assert.Equal("error", (string?)(await CommandAsync("""{"action":"custom_dance"}"""))["status"]);
        Assert.Equal("error", (string?)(await CommandAsync("""{"action":"set_gpio","pin":"x"}"""))["status"]);

        async Task<JsonObject> CommandAsync(string command)
        {
            using var answer = await _anna.AskAsync(Id, "command", new { leaseId = lease, command = JsonNode.Parse(command) });
            return (await answer.ReadAsync<CommandAnswer>()).Reply;
        }
    }

    [Theory]
    [InlineData("""{"action":"get_info","id":"\ud800"}""")]
    [InlineData("""{"action":"read_i2c","address":"\udc00"}""")]
    public async Task What_cannot_be_written_again_is_refused_and_the_board_goes_on(string half)
    {
        var lease = await _anna.LeaseAsync(Id);
        using var sent = await _anna.AskAsync(Id, "expect", new { leaseId = lease, send = half + "\n", pattern = "this is no command" });
        Assert.True((await sent.ReadAsync<ExpectAnswer>()).Matched);

        using var answer = await _anna.AskAsync(Id, "command", new { leaseId = lease, command = new { action = "get_info" } });
        Assert.Equal("ok", (string?)(await answer.ReadAsync<CommandAnswer>()).Reply["status"]);
    }

    [Fact]
    public async Task A_board_whose_code_fails_is_gone_and_hangs_nobody()
    {
        var (listener, time) = (new Listener(), new FailingTime());
        using var board = new VirtualEsp32(1, new(), listener, time);
        await board.SetAsync(new());
        time.Fails = true;

        foreach (var line in new[] { "{\"action\":\"custom_telemetry\"}\n", "more\n" })
        {
            var refusal = await Assert.ThrowsAsync<LLMos.Server.Foundation.Errors.DomainException>(() => board.WriteAsync(Encoding.ASCII.GetBytes(line)).WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken));
            Assert.Equal("devices.gone", refusal.Error.Code);
        }

        await Eventually.HoldsAsync(() => listener.Why == "its code failed: no timers any more", "it is told why");
    }

    [Theory]
    [InlineData("run", "boot:0x13")]
    [InlineData("bootloader", "waiting for download")]
    public async Task A_reset_by_the_lines_boots_it_into_the_mode(string mode, string banner)
    {
        var lease = await _anna.LeaseAsync(Id);
        var before = _board.Log.Last;

        using var answer = await _anna.AskAsync(Id, "reset", new { leaseId = lease, mode });
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);

        await Eventually.HoldsAsync(() => SeenAfter(before).Contains(banner, StringComparison.Ordinal), banner);
        Assert.Contains(_board.Log.Read(before, 100), happened => happened is { Kind: "reset", By: "anna" });
        // One reset, not two.
        Assert.Equal(2, SeenAfter(before).Split("ets Jul").Length);
    }

    [Fact]
    public async Task A_restart_fails_the_command_that_waits_at_once()
    {
        var lease = await _anna.LeaseAsync(Id);
        using (var bootloader = await _anna.AskAsync(Id, "reset", new { leaseId = lease, mode = "bootloader" }))
            bootloader.EnsureSuccessStatusCode();

        var asked = _anna.AskAsync(Id, "command", new { leaseId = lease, command = JsonNode.Parse("""{"action":"get_info"}"""), timeoutSeconds = 20 });
        await Eventually.HoldsAsync(() => _board.Log.Read(0, 1000).Any(happened => happened.Kind == "sent"), "the command is sent");
        using var reset = await _anna.AskAsync(Id, "reset", new { leaseId = lease, mode = "run" });

        await (await asked).RefusedAsync(HttpStatusCode.ServiceUnavailable, "devices.restarted");
    }

    [Fact]
    public async Task What_nobody_answers_is_told_in_time_and_what_comes_late_is_not_taken_for_the_next_answer()
    {
        var lease = await _anna.LeaseAsync(Id);
        using (var bootloader = await _anna.AskAsync(Id, "reset", new { leaseId = lease, mode = "bootloader" }))
            bootloader.EnsureSuccessStatusCode();

        using var unanswered = await _anna.AskAsync(Id, "command", new { leaseId = lease, command = JsonNode.Parse("""{"action":"get_info"}"""), timeoutSeconds = 0.2 });

        await unanswered.RefusedAsync(HttpStatusCode.ServiceUnavailable, "devices.command_timeout");
    }

    [Fact]
    public async Task Expect_sends_and_waits_for_a_pattern_within_its_bounds()
    {
        var lease = await _anna.LeaseAsync(Id);

        using var found = await _anna.AskAsync(Id, "expect", new { pattern = "\"firmware\":\"([^\"]+)\"", leaseId = lease, send = "{\"action\":\"get_info\"}\n" });
        var match = await found.ReadAsync<ExpectAnswer>();
        Assert.True(match.Matched);
        Assert.Equal("llmos-virtual 1.0.0", match.Groups[1]);

        using var past = await _anna.AskAsync(Id, "expect", new { pattern = "POWERON_RESET", after = 0 });
        Assert.True((await past.ReadAsync<ExpectAnswer>()).Matched);

        using var silent = await _anna.AskAsync(Id, "expect", new { pattern = "never", timeoutSeconds = 0.1 });
        Assert.False((await silent.ReadAsync<ExpectAnswer>()).Matched);
    }

    [Fact]
    public async Task A_pattern_that_could_run_for_ever_is_refused()
    {
        foreach (var pattern in new[] { "(", "(?<=a)b", @"(a)\1", "" })
        {
            using var answer = await _anna.AskAsync(Id, "expect", new { pattern });
            await answer.RefusedAsync(HttpStatusCode.BadRequest, "devices.pattern_invalid");
        }
    }

    [Fact]
    public async Task A_pattern_that_is_slow_on_its_text_holds_up_nobody()
    {
        var (random, text) = (new Random(1), new byte[256 * 1024]);
        for (var at = 0; at < text.Length; at++)
            text[at] = at % 4000 == 0 ? (byte)'\n' : (byte)('a' + random.Next(3));
        foreach (var piece in text.Chunk(500))
            _board.Log.Append(RecordKind.Received, null, piece);
        const string Slow = "(a|b|c)*a(a|b|c){500}z";
        var begun = System.Diagnostics.Stopwatch.GetTimestamp();

        using (var expect = await _anna.AskAsync(Id, "expect", new { pattern = Slow, after = 0, timeoutSeconds = 0.5, kilobytes = 1024 }))
        {
            if (expect.IsSuccessStatusCode)
                Assert.False((await expect.ReadAsync<ExpectAnswer>()).Matched);
            else
                await expect.RefusedAsync(HttpStatusCode.BadRequest, "devices.pattern_invalid");
        }

        using (var search = await _anna.GetAsync($"/api/v1/devices/{Id}/log/search?pattern={Uri.EscapeDataString(Slow)}", TestContext.Current.CancellationToken))
        {
            if (search.IsSuccessStatusCode)
                Assert.Empty((await search.ReadAsync<DeviceFindings>()).Findings);
            else
                await search.RefusedAsync(HttpStatusCode.BadRequest, "devices.pattern_invalid");
        }

        // 31 s and more before there were bounds; far more than the bounds, for a machine that does much else.
        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task A_search_that_nobody_waits_for_ends()
    {
        using var over = new CancellationTokenSource();
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _board.Search.FindAsync(DeviceCommands.Compile("x"), 0, over.Token));
    }

    [Fact]
    public async Task A_pattern_that_would_backtrack_for_ever_ends_in_its_time()
    {
        var lease = await _anna.LeaseAsync(Id);
        using var answer = await _anna.AskAsync(Id, "expect", new
        {
            pattern = "(a*)*(a*)*b$",
            leaseId = lease,
            timeoutSeconds = 0.5,
            send = $"{{\"action\":\"custom_{new string('a', 5000)}\"}}\n",
        });
        Assert.False((await answer.ReadAsync<ExpectAnswer>()).Matched);
    }

    [Fact]
    public async Task Settings_are_set_and_shown_and_those_out_of_their_bounds_are_refused()
    {
        var lease = await _anna.LeaseAsync(Id);
        foreach (var (setting, value) in new (string, object)[] { ("baudRate", 0), ("baudRate", -1), ("baudRate", 1_000_000_000), ("dataBits", 9), ("parity", "maybe"), ("stopBits", "3"), ("flowControl", "dtr") })
        {
            using var refused = await _anna.AskAsync(Id, "settings", new { leaseId = lease, settings = new Dictionary<string, object> { [setting] = value } });
            await refused.RefusedAsync(HttpStatusCode.BadRequest, "devices.setting_invalid");
        }

        Assert.Equal(new(), _board.Summarize().Settings);
        using var answer = await _anna.AskAsync(Id, "settings", new { leaseId = lease, settings = new DeviceSettings(921_600, 7, "even", "2", "rts-cts") });
        Assert.Equal(new(921_600, 7, "even", "2", "rts-cts"), (await answer.ReadAsync<DeviceSummary>()).Settings);
    }

    [Fact]
    public async Task Who_speaks_at_another_speed_gets_rubbish_until_both_agree()
    {
        var lease = await _anna.LeaseAsync(Id);
        using (var answer = await _anna.AskAsync(Id, "settings", new { leaseId = lease, settings = new DeviceSettings(9600) }))
            answer.EnsureSuccessStatusCode();
        var before = _board.Log.Last;
        using (var reset = await _anna.AskAsync(Id, "reset", new { leaseId = lease }))
            reset.EnsureSuccessStatusCode();
        await Eventually.HoldsAsync(() => SeenAfter(before).Length > 200, "something came");
        Assert.DoesNotContain("ets", SeenAfter(before), StringComparison.Ordinal);

        using (var answer = await _anna.AskAsync(Id, "settings", new { leaseId = lease, settings = new DeviceSettings() }))
            answer.EnsureSuccessStatusCode();
        using var understood = await _anna.AskAsync(Id, "command", new { leaseId = lease, command = new { action = "get_info" } });
        Assert.Equal("ok", (string?)(await understood.ReadAsync<CommandAnswer>()).Reply["status"]);
    }

    [Fact]
    public async Task Who_flashes_is_told_to_the_others_and_the_line_is_set_as_before_when_it_is_over()
    {
        using var ben = await _server.SignInAsync("ben");
        var lease = await _anna.LeaseAsync(Id, new(Mode: "flash"));
        Assert.Equal("flash", _board.Summarize().Lease!.Mode);
        using (var faster = await _anna.AskAsync(Id, "settings", new { leaseId = lease, settings = new DeviceSettings(921_600) }))
            faster.EnsureSuccessStatusCode();
        using (var command = await ben.AskAsync(Id, "command", new { leaseId = "mine", command = new { action = "get_info" } }))
            await command.RefusedAsync(HttpStatusCode.Conflict, "devices.flashing");

        using (var released = await _anna.AskAsync(Id, "lease/release", new { leaseId = lease }))
            released.EnsureSuccessStatusCode();
        await Eventually.HoldsAsync(() => _board.Summarize().Settings.BaudRate == 115_200, "the line is as before");

        // Also who does not say it is seen to flash.
        lease = await _anna.LeaseAsync(Id);
        Assert.Equal("use", _board.Summarize().Lease!.Mode);
        using (var sync = await _anna.AskAsync(Id, "write", new { leaseId = lease, data = new byte[] { 0xC0, 0x00, 0x08, 0x24, 0x00 } }))
            sync.EnsureSuccessStatusCode();
        Assert.Equal("flash", _board.Summarize().Lease!.Mode);
    }

    [Fact]
    public void Its_loader_takes_whatever_it_is_sent()
    {
        var random = new Random(1);
        var sent = 0L;
        for (var board = 0; board < 20; board++)
        {
            var loader = new RomLoader(new(), 1, frame => sent += frame.Length);
            byte[] commands = [0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x14, 0xD0, 0xD1, 0xD2, 0xD3, 0xFF];
            for (var number = 0; number < 1_000; number++)
            {
                var data = new byte[random.Next(4) * 4 + (random.Next(3) == 0 ? random.Next(200) : 0)];
                random.NextBytes(data);
                // Small numbers reach further than random ones.
                for (var at = 0; at + 4 <= data.Length; at += 4)
                {
                    if (random.Next(3) > 0)
                        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(at), random.Next(4) * random.Next(5000));
                }

                byte sum = 0xEF;
                foreach (var one in data.Skip(16))
                    sum ^= one;
                byte[] frame = [0, commands[random.Next(commands.Length)], (byte)data.Length, (byte)(data.Length >> 8), sum, 0, 0, 0, .. data];
                foreach (var one in random.Next(20) == 0 ? data : SlipFrames.Encode(frame))
                    loader.Take(one);
            }
        }

        Assert.InRange(sent, 100_000, 100_000_000);
    }

    [Fact]
    public async Task A_recording_is_played_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var at = DateTimeOffset.UnixEpoch;
        DeviceEvent[] events = [
            new(1, at, "state", null, null, "ready"), new(2, at, "received", null, [1, 2], null), new(3, at, "sent", "anna", [9], null),
            new(4, at.AddMilliseconds(300), "received", null, [3, 0xFF], null), new(5, at.AddMilliseconds(300), "received", null, [4], null)];
        await File.WriteAllLinesAsync(folder["board.jsonl"], events.Select(happened => System.Text.Json.JsonSerializer.Serialize(happened, System.Text.Json.JsonSerializerOptions.Web)), TestContext.Current.CancellationToken);
        await using var server = new ServerWithoutPrograms(("Devices:Replay", folder["board.jsonl"]), ("Devices:Virtual", "0"));
        using var anna = await server.SignInAsync("anna");
        await Eventually.HoldsAsync(() => server.Registry().All.Any(), "it is there");
        var device = server.Registry().Get("replay-1");

        await Eventually.HoldsAsync(() => DevicesServer.BytesOf(device, "received").Length == 5, "all has been played");
        var played = device.Log.Read(0, 100).Where(happened => happened.Kind == "received").ToList();
        Assert.Equal([1, 2, 3, 0xFF, 4], played.SelectMany(happened => happened.Data!));
        Assert.InRange(played[^1].At - played[0].At, TimeSpan.FromMilliseconds(290), TimeSpan.FromSeconds(5));

        var lease = await anna.LeaseAsync("replay-1");
        using var reset = await anna.AskAsync("replay-1", "reset", new { leaseId = lease });
        await Eventually.HoldsAsync(() => DevicesServer.BytesOf(device, "received").Length == 10, "a reset plays it again");
    }

    [Fact]
    public async Task A_name_and_tags_outlive_a_restart_and_the_log_goes_on_counting()
    {
        using var folder = new TemporaryFolder();
        long last;
        await using (var before = new ServerWithoutPrograms(("Data:Path", folder.Path)))
        {
            using var anna = await before.SignInAsync("anna");
            last = (await before.VirtualAsync()).Log.Last;
            using var answer = await anna.PatchAsync("/api/v1/devices/virtual-1", JsonContent.Create(new DescribeDeviceRequest("bench 3", ["left"])));
            Assert.Equal("bench 3", (await answer.ReadAsync<DeviceSummary>()).Name);
        }

        await using var after = new ServerWithoutPrograms(("Data:Path", folder.Path));
        var board = await after.VirtualAsync();
        await Eventually.HoldsAsync(() => board.Log.Last > last, "it has booted again");
        Assert.Equal(("bench 3", "left"), (board.Summarize().Name, Assert.Single(board.Summarize().Tags)));
    }

    [Fact]
    public async Task A_log_that_cannot_be_opened_leaves_out_its_device_alone()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["devices"]);
        await File.WriteAllTextAsync(folder["devices/virtual-1"], "no folder", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(folder["devices/virtual-2"]);
        await File.WriteAllBytesAsync(folder["devices/virtual-2/0000000000000000001.log"], new byte[1000], TestContext.Current.CancellationToken);

        await using var server = new ServerWithoutPrograms(("Data:Path", folder.Path), ("Devices:Virtual", "2"));
        var board = await server.VirtualAsync("virtual-2");

        Assert.StartsWith("a part of the log could not be read", board.Log.Read(0, 10).First(happened => happened.Kind == "state").Text, StringComparison.Ordinal);
        Assert.Contains(server.Log.Lines, line => line.StartsWith("Device virtual-1 cannot be opened", StringComparison.Ordinal));
        File.Delete(folder["devices/virtual-1"]);
        await server.VirtualAsync("virtual-1");
    }

    [Fact]
    public async Task A_device_that_is_not_there_is_not_found()
    {
        using var answer = await _anna.GetAsync("/api/v1/devices/..%2F..%2Fdev%2FttyS0");
        await answer.RefusedAsync(HttpStatusCode.NotFound, "devices.not_found");
    }

    private string Id => _board.Identity.Id;

    private string SeenAfter(long sequence) =>
        string.Concat(_board.Log.Read(sequence, 1000).Where(happened => happened.Kind == "received").Select(happened => Encoding.ASCII.GetString(happened.Data!)));

    private sealed class FailingTime : TimeProvider
    {
        private volatile bool _fails;

        public bool Fails
        {
            set => _fails = value;
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            _fails ? throw new NotSupportedException("no timers any more") : base.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class Listener : LLMos.Server.Devices.Lines.ILineListener
    {
        private volatile string? _why;

        public string? Why => _why;

        public bool IsHurried => true;

        public void Received(ReadOnlySpan<byte> bytes)
        {
            // Of no interest.
        }

        public void Missed(string what)
        {
            // Nothing is.
        }

        public void Unreachable(string? why)
        {
            // It never is.
        }

        public void Gone(string why) => _why = why;
    }
}
