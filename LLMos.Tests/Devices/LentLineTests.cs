using System.Net;
using System.Net.Http.Json;
using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Server.Devices.Lent;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Tests.Devices;

public sealed class LentLineTests(LendingServer lending) : IClassFixture<LendingServer>
{
    private readonly LLMosServer _server = lending.Server;

    [Fact]
    public async Task A_lent_port_is_a_device_as_any_other()
    {
        using var anna = _server.ClientWith(lending.Anna);
        await using var ben = await LendAsync("any");
        var id = ben.Lent.DeviceId!;

        using var look = await anna.GetAsync($"/api/v1/devices/{id}");
        var summary = await look.ReadAsync<DeviceSummary>();
        Assert.Equal(("lent", "ready", "Board any", "303a:1001"), (summary.Kind, summary.State, summary.Name, summary.Usb));
        Assert.StartsWith("lender-", summary.Lender, StringComparison.Ordinal);

        var lease = await anna.LeaseAsync(id);
        var writing = anna.AskAsync(id, "write", new { leaseId = lease, text = "hello" });
        var write = await ben.OrderAsync();
        Assert.Equal(("write", "hello"), (write.Kind, Encoding.ASCII.GetString(write.Data!)));
        Assert.False(writing.IsCompleted);
        ben.Done(write);
        Assert.Equal(HttpStatusCode.NoContent, (await writing).StatusCode);

        ben.Receive(0, [.. "hi"u8]);
        await Eventually.HoldsAsync(() => DevicesServer.Received(Device(id)) == "hi", "the answer is in the log");

        var setting = anna.AskAsync(id, "settings", new { leaseId = lease, settings = new DeviceSettings(9600) });
        var settings = await ben.OrderAsync();
        Assert.Equal(("settings", 9600), (settings.Kind, settings.Settings!.BaudRate));
        ben.Done(settings, "it cannot");
        await (await setting).RefusedAsync(HttpStatusCode.Conflict, "devices.setting_refused");

        var signalling = anna.AskAsync(id, "signals", new { leaseId = lease, dtr = true, rts = false });
        var signals = await ben.OrderAsync();
        Assert.Equal(("signals", true, false, null), (signals.Kind, signals.Dtr, signals.Rts, signals.Break));
        ben.Done(signals, "no such line");
        await (await signalling).RefusedAsync(HttpStatusCode.ServiceUnavailable, "devices.lender_failed");
    }

    [Fact]
    public async Task Neither_way_loses_or_repeats_a_byte_when_the_lender_comes_back()
    {
        using var anna = _server.ClientWith(lending.Anna);
        var token = await lending.NextLenderAsync();
        var port = LendingClient.Port("back");
        var first = await LendingClient.StartAsync(_server, token, port);
        var id = first.Lent.DeviceId!;
        var lease = await anna.LeaseAsync(id);
        first.Receive(0, 1, 2, 3);
        await Eventually.HoldsAsync(() => DevicesServer.BytesOf(Device(id), "received").Length == 3, "three bytes have come");
        var writing = anna.AskAsync(id, "write", new { leaseId = lease, text = "once" });
        var order = await first.OrderAsync();
        await first.DisposeAsync();
        await Eventually.HoldsAsync(() => Device(id).Summarize().State == "away", "the lender is away");

        // It did the order, but the server was not told.
        await using var second = await LendingClient.StartAsync(_server, token, port with { Done = order.Number });
        Assert.Equal((id, 3), (second.Lent.DeviceId, second.Lent.Offset));
        Assert.Equal(HttpStatusCode.NoContent, (await writing).StatusCode);
        second.Receive(2, 3, 4, 5);
        second.Receive(5, 6);
        await Eventually.HoldsAsync(() => DevicesServer.BytesOf(Device(id), "received").SequenceEqual<byte>([1, 2, 3, 4, 5, 6]), "each byte once");

        // Cut again, this time before it was done.
        var again = anna.AskAsync(id, "write", new { leaseId = lease, text = "twice" });
        var lost = await second.OrderAsync();
        await second.DisposeAsync();
        await using var third = await LendingClient.StartAsync(_server, token, port with { Done = order.Number });
        var repeated = await third.OrderAsync();
        Assert.Equal((lost.Number, "twice"), (repeated.Number, Encoding.ASCII.GetString(repeated.Data!)));
        third.Done(repeated);
        Assert.Equal(HttpStatusCode.NoContent, (await again).StatusCode);
    }

    [Fact]
    public async Task What_the_lender_could_not_keep_is_said_to_be_missing()
    {
        await using var ben = await LendAsync("short");
        ben.Receive(0, 1);
        ben.Receive(11, 12);

        await Eventually.HoldsAsync(() => DevicesServer.BytesOf(Device(ben), "received").SequenceEqual<byte>([1, 12]), "both have come");
        Assert.Contains(Device(ben).Log.Read(0, 100), happened => happened.Kind == "state" && happened.Text!.StartsWith("10 bytes are missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lender_that_stays_away_takes_its_device_along_and_who_waits_is_told()
    {
        using var anna = _server.ClientWith(lending.Anna);
        var ben = await LendAsync("away");
        var id = ben.Lent.DeviceId!;
        var lease = await anna.LeaseAsync(id);
        var writing = anna.AskAsync(id, "write", new { leaseId = lease, text = "hello" });
        await ben.OrderAsync();

        await ben.DisposeAsync();

        await (await writing).RefusedAsync(HttpStatusCode.ServiceUnavailable, "devices.gone");
        Assert.Equal("absent", Device(id).Summarize().State);
    }

    [Fact]
    public async Task A_port_that_ends_is_told_with_the_lenders_words()
    {
        await using var ben = await LendAsync("ends");
        ben.Receive(0, 7);
        ben.Report(new(LentReport.Gone, Error: "The cable was pulled out."));

        Assert.Null(await ben.EndAsync());
        Assert.Equal([7], DevicesServer.BytesOf(Device(ben), "received"));
        Assert.Contains(Device(ben).Log.Read(0, 100), happened => happened is { Kind: "state" } && happened.Text == "absent: its lender says: The cable was pulled out.");
    }

    [Fact]
    public async Task A_newer_call_for_the_same_port_takes_its_place_and_one_for_a_new_opening_begins_anew()
    {
        var token = await lending.NextLenderAsync();
        await using var first = await LendingClient.StartAsync(_server, token, LendingClient.Port("same"));
        await using var second = await LendingClient.StartAsync(_server, token, LendingClient.Port("same"));
        Assert.Contains("devices.lent_elsewhere", await first.EndAsync(), StringComparison.Ordinal);

        second.Receive(0, 1);
        await Eventually.HoldsAsync(() => DevicesServer.BytesOf(Device(second), "received").Length == 1, "the newer one is heard");
        await using var third = await LendingClient.StartAsync(_server, token, LendingClient.Port("same", "2"));
        Assert.Equal((second.Lent.DeviceId, 0), (third.Lent.DeviceId, third.Lent.Offset));
        Assert.Null(await second.EndAsync());
    }

    [Fact]
    public async Task Nobody_lends_in_the_name_of_somebody_else()
    {
        await using var one = await LendAsync("mine");
        await using var other = await LendAsync("mine");

        Assert.NotEqual(one.Lent.DeviceId, other.Lent.DeviceId);
        other.Report(new(LentReport.Received, 0, [9]));
        await Eventually.HoldsAsync(() => DevicesServer.BytesOf(Device(other), "received").Length == 1, "it is heard");
        Assert.Empty(DevicesServer.BytesOf(Device(one), "received"));
    }

    [Theory]
    [InlineData("", "1", "Board", null, 0, 0)]
    [InlineData("key", "", "Board", null, 0, 0)]
    [InlineData("key", "1", "Board\n", null, 0, 0)]
    [InlineData("key", "1", "Board", "../../dev", 0, 0)]
    [InlineData("key", "1", "Board", "303a:1001\n", 0, 0)]
    [InlineData("key", "1", "Board\u202e", null, 0, 0)]
    [InlineData("k\u200bey", "1", "Board", null, 0, 0)]
    [InlineData("key", "1", "Board", null, -1, 0)]
    [InlineData("key", "1", "Board", null, 0, -1)]
    public async Task A_port_that_makes_no_sense_is_refused(string key, string epoch, string name, string? usb, long done, long offset)
    {
        var refusal = await Assert.ThrowsAsync<HubException>(async () => await LendingClient.StartAsync(_server, lending.Anna, new(key, epoch, name, usb, done, offset)));
        Assert.Contains("devices.port_invalid", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_that_makes_no_sense_ends_the_call_and_harms_nobody()
    {
        foreach (var report in new LentReport[] { new("dance"), new(LentReport.Received, -1, [1]), new(LentReport.Received, 0, []), new(LentReport.Received, long.MaxValue, [1]), new(LentReport.Received) })
        {
            await using var ben = await LendAsync("nonsense");
            ben.Done(new(99, LineOrder.Write));
            ben.Report(report);
            Assert.Contains("devices.port_invalid", await ben.EndAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_viewer_lends_nothing()
    {
        var viewer = await lending.NextLenderAsync(Role.Viewer);
        var refusal = await Assert.ThrowsAsync<HubException>(async () => await LendingClient.StartAsync(_server, viewer, LendingClient.Port("viewer")));
        Assert.Contains("unauthorized", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_lent_enough_removes_one_that_is_gone_first()
    {
        var token = await lending.NextLenderAsync();
        using var ben = _server.ClientWith(token);
        var lent = new List<LendingClient>();
        foreach (var key in new[] { "a", "b", "c" })
            lent.Add(await LendingClient.StartAsync(_server, token, LendingClient.Port(key)));
        var refusal = await Assert.ThrowsAsync<HubException>(async () => await LendingClient.StartAsync(_server, token, LendingClient.Port("d")));
        Assert.Contains("devices.too_many_lent", refusal.Message, StringComparison.Ordinal);

        var id = lent[0].Lent.DeviceId!;
        using (var present = await ben.DeleteAsync($"/api/v1/devices/{id}"))
            await present.RefusedAsync(HttpStatusCode.Conflict, "devices.present");
        lent[0].Report(new(LentReport.Gone));
        await lent[0].EndAsync();
        using (var anna = _server.ClientWith(lending.Anna))
        using (var others = await anna.DeleteAsync($"/api/v1/devices/{id}"))
            await others.RefusedAsync(HttpStatusCode.Forbidden, "devices.remove_forbidden");
        using (var removed = await ben.DeleteAsync($"/api/v1/devices/{id}"))
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);

        Assert.False(Directory.Exists(Path.Combine(_server.DataPath, "devices", id)));
        lent.Add(await LendingClient.StartAsync(_server, token, LendingClient.Port("d")));
        foreach (var client in lent)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task A_lent_device_is_known_after_a_restart_with_its_name_and_log()
    {
        using var folder = new TemporaryFolder();
        string id;
        await using (var before = new ServerWithoutPrograms(("Data:Path", folder.Path)).Listen())
        {
            var token = await before.TokenAsync("ben");
            using var ben = before.ClientWith(token);
            await using var lent = await LendingClient.StartAsync(before, token, LendingClient.Port("kept"));
            id = lent.Lent.DeviceId!;
            lent.Receive(0, [.. "kept"u8]);
            await Eventually.HoldsAsync(() => DevicesServer.Received(before.Registry().Get(id)) == "kept", "it is in the log");
            using var named = await ben.PatchAsync($"/api/v1/devices/{id}", JsonContent.Create(new DescribeDeviceRequest("Shelf", null)));
            named.EnsureSuccessStatusCode();
        }

        await using var after = new ServerWithoutPrograms(("Data:Path", folder.Path)).Listen();
        await Eventually.HoldsAsync(() => after.Registry().All.Any(device => device.Identity.Id == id), "it is known");
        var summary = after.Registry().Get(id).Summarize();
        Assert.Equal(("Shelf", "lent", "absent", "ben"), (summary.Name, summary.Kind, summary.State, summary.Lender));
        Assert.Equal("kept", DevicesServer.Received(after.Registry().Get(id)));
    }

    [Fact]
    public async Task Where_lending_is_off_nobody_lends()
    {
        await using var server = new ServerWithoutPrograms(("Devices:MaxLentEach", "0")).Listen();
        var token = await server.TokenAsync("ben");
        var refusal = await Assert.ThrowsAsync<HubException>(async () => await LendingClient.StartAsync(server, token, LendingClient.Port("off")));
        Assert.Contains("devices.lending_off", refusal.Message, StringComparison.Ordinal);
    }

    private async Task<LendingClient> LendAsync(string key) => await LendingClient.StartAsync(_server, await lending.NextLenderAsync(), LendingClient.Port(key));

    private Device Device(LendingClient client) => Device(client.Lent.DeviceId!);

    private Device Device(string id) => _server.Registry().Get(id);
}
