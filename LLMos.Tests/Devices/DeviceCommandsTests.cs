using System.Text.Json.Nodes;
using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using static LLMos.Tests.Devices.ScriptedDevice;

namespace LLMos.Tests.Devices;

/// <summary>Firmware that answers otherwise than it should.</summary>
public sealed class DeviceCommandsTests : IDisposable
{
    private readonly ScriptedDevice _board = new();

    public void Dispose() => _board.Dispose();

    [Fact]
    public async Task Firmware_that_does_not_know_the_clearing_question_is_asked_on()
    {
        var lease = await _board.TakeAsync(Anna);
        await RefusedAsync("devices.command_timeout", AfterSeconds(5, AskAsync(lease, "dance")));
        _board.Line.Write = text =>
        {
            _board.Line.Say(text.Contains("get_info", StringComparison.Ordinal) ? "{\"status\":\"error\",\"msg\":\"what?\"}\n" : "{\"status\":\"ok\",\"danced\":true}\n");
            return Task.CompletedTask;
        };

        var answer = await AfterSeconds(2, AskAsync(lease, "dance"));
        Assert.True((bool?)answer.Reply["danced"]);
        // And not again.
        Assert.True((bool?)(await Within(AskAsync(lease, "dance"))).Reply["danced"]);
    }

    [Fact]
    public async Task Other_firmware_may_answer_without_ids_after_it_was_reset_or_has_not_answered()
    {
        var lease = await _board.TakeAsync(Anna);
        _board.Line.Write = text =>
        {
            _board.Line.Say($"{{\"status\":\"ok\",\"device\":\"x\",\"id\":{JsonNode.Parse(text)!["id"]}}}\n");
            return Task.CompletedTask;
        };
        await Within(AskAsync(lease, "dance"));
        Func<string, Task> withoutIds = _ =>
        {
            _board.Line.Say("{\"status\":\"ok\",\"device\":\"y\"}\n");
            return Task.CompletedTask;
        };
        var withIds = _board.Line.Write;

        _board.Line.Say("ets Jul 29 2019 12:21:46\r\n");
        _board.Line.Write = withoutIds;
        Assert.Equal("y", (string?)(await Within(AskAsync(lease, "dance"))).Reply["device"]);

        _board.Line.Write = withIds;
        await Within(AskAsync(lease, "dance"));
        _board.Line.Write = withoutIds;
        await RefusedAsync("devices.command_timeout", AfterSeconds(5, AskAsync(lease, "dance")));
        Assert.Equal("y", (string?)(await Within(AskAsync(lease, "dance"))).Reply["device"]);
    }

    [Fact]
    public async Task Only_a_board_that_is_absent_ends_a_command_that_waits()
    {
        var lease = await _board.TakeAsync(Anna);
        var asked = AskAsync(lease, "dance");
        _board.Line.Listener.Unreachable("its lender's connection is lost");
        _board.Line.Listener.Missed("3 bytes are missing");
        _board.Line.Listener.Unreachable(null);
        _board.Line.Say("{\"status\":\"ok\"}\n");
        await Within(asked);

        asked = AskAsync(lease, "dance");
        _board.Line.Listener.Gone("pulled out");
        await RefusedAsync("devices.gone", asked);
    }

    [Fact]
    public async Task A_command_that_cannot_be_written_is_refused()
    {
        var lease = await _board.TakeAsync(Anna);
        foreach (var command in new[] { """{"action":"\ud800"}""", """{"action":"dance","action":"sing"}""", """{"id":"\udc00"}""" })
            await RefusedAsync("devices.argument_invalid", _board.Device.Commands.SendAsync(Anna, new(lease, JsonNode.Parse(command)!.AsObject()), CancellationToken.None));
        Assert.DoesNotContain(_board.Device.Log.Read(0, 100), happened => happened.Kind == "sent");
    }

    [Fact]
    public async Task Those_who_wait_for_what_it_prints_keep_neither_a_command_nor_each_other_out()
    {
        var lease = await _board.TakeAsync(Anna);
        using var over = new CancellationTokenSource();
        var waiting = new List<Task>();
        foreach (var person in Enumerable.Range(0, 4))
        {
            var other = new Caller($"o{person}", "other", Role.Member);
            waiting.AddRange(Enumerable.Range(0, 4).Select(_ => ExpectAsync(other, over.Token)));
            await RefusedAsync("devices.expects_busy", ExpectAsync(other, over.Token));
        }

        await RefusedAsync("devices.expects_busy", ExpectAsync(new("late", "late", Role.Member), over.Token));
        waiting.Add(ExpectAsync(Anna, over.Token));
        _board.Line.Write = _ =>
        {
            _board.Line.Say("{\"status\":\"ok\"}\n");
            return Task.CompletedTask;
        };
        await Within(AskAsync(lease, "dance"));

        await over.CancelAsync();
        foreach (var task in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        var late = ExpectAsync(new("late", "late", Role.Member), CancellationToken.None);
        _board.Line.Say("printed\n");
        Assert.True((await Within(late)).Matched);
    }

    [Fact]
    public async Task Who_may_not_ask_takes_no_place_from_who_may()
    {
        var lease = await _board.TakeAsync(Anna);
        var asked = AskAsync(lease, "dance");
        for (var count = 0; count < 40; count++)
            await RefusedAsync("devices.lease_required", _board.Device.Commands.SendAsync(new("o", "other", Role.Member), new("none", new() { ["action"] = "dance" }), CancellationToken.None));

        var next = AskAsync(lease, "sing");
        _board.Line.Write = _ =>
        {
            _board.Line.Say("{\"status\":\"ok\"}\n");
            return Task.CompletedTask;
        };
        _board.Line.Say("{\"status\":\"ok\"}\n");
        await Within(asked);
        await Within(next);
    }

    private Task<ExpectAnswer> ExpectAsync(Caller caller, CancellationToken cancellation) => _board.Device.Commands.ExpectAsync(caller, new("printed", TimeoutSeconds: 300), cancellation);

    private Task<CommandAnswer> AskAsync(string lease, string action) => _board.Device.Commands.SendAsync(Anna, new(lease, new() { ["action"] = action }), CancellationToken.None);

    private async Task<T> AfterSeconds<T>(int seconds, Task<T> task)
    {
        _board.Time.Advance(TimeSpan.FromSeconds(seconds));
        return await Within(task);
    }
}
