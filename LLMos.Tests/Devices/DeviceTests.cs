using LLMos.Server.Devices;
using static LLMos.Tests.Devices.ScriptedDevice;

namespace LLMos.Tests.Devices;

/// <summary>A device on a line that does what no real one can be made to do.</summary>
public sealed class DeviceTests : IDisposable
{
    private readonly ScriptedDevice _board = new();

    public void Dispose() => _board.Dispose();

    [Fact]
    public async Task A_line_that_hangs_is_closed_and_holds_up_nobody_for_ever()
    {
        _board.Line.Write = _ => new TaskCompletionSource().Task;
        var writing = _board.Device.WriteAsync(Anna, await _board.TakeAsync(Anna), "hello"u8.ToArray());
        var root = _board.Device.Leases.TakeAsync(Root, new(TakeOver: true), null, CancellationToken.None);
        Assert.False(root.IsCompleted);

        _board.Time.Advance(TimeSpan.FromSeconds(46));

        await RefusedAsync("devices.gone", writing);
        Assert.Equal("root", (await Within(root)).Holder.Name);
        Assert.Contains(_board.Device.Log.Read(0, 100), happened => happened.Kind == "state" && happened.Text == "absent: it did not answer within 45 s, and was closed.");
        _board.Open();
        await _board.Device.WriteAsync(Root, (await root).Id, "again"u8.ToArray());
    }

    [Fact]
    public async Task What_the_line_did_not_take_is_told_in_the_log()
    {
        _board.Line.Write = _ => throw DeviceErrors.WriteTimeout(5, 2);

        await RefusedAsync("devices.write_timeout", _board.Device.WriteAsync(Anna, await _board.TakeAsync(Anna), "hello"u8.ToArray()));

        var told = _board.Device.Log.Read(0, 100)[^1];
        Assert.Equal(("state", "anna"), (told.Kind, told.By));
        Assert.Contains("not all of the last 5 bytes were sent", told.Text, StringComparison.Ordinal);
        Assert.Contains("the last 2 that the line was given were not sent", told.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_that_ends_in_the_middle_leaves_the_lines_at_rest()
    {
        var lease = await _board.TakeAsync(Anna);
        await _board.Device.SignalAsync(Anna, lease, new(Break: true));
        var resetting = _board.Device.ResetAsync(Anna, lease, new());
        Assert.Equal(new(Dtr: false, Rts: true), _board.Line.Signals[^1]);

        var root = _board.Device.Leases.TakeAsync(Root, new(TakeOver: true), null, CancellationToken.None);
        _board.Time.Advance(TimeSpan.FromSeconds(1));
        await RefusedAsync("devices.lease_required", resetting);
        await Within(root);

        Assert.Equal(new(Dtr: false, Rts: false, Break: false), _board.Line.Signals[^1]);
        // Nothing is left for the next one's end.
        _board.Device.Leases.Release(Root, (await root).Id);
        Assert.Equal(3, _board.Line.Signals.Count);
    }

    [Fact]
    public async Task What_was_written_goes_out_when_a_lease_is_released_and_is_dropped_when_it_is_lost()
    {
        _board.Device.Leases.Release(Anna, await _board.TakeAsync(Anna));
        Assert.Equal([TimeSpan.FromSeconds(5)], _board.Line.Drains);

        await _board.TakeAsync(Anna);
        await _board.Device.Leases.TakeAsync(Root, new(TakeOver: true), null, CancellationToken.None);

        Assert.Equal([TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromSeconds(5)], _board.Line.Drains);
        Assert.Contains(_board.Device.Log.Read(0, 100), happened => happened is { Kind: "state", By: "anna", Text: "7 bytes had not left the port when the lease ended, and were dropped" });
    }

    [Fact]
    public async Task A_slow_line_is_given_small_pieces()
    {
        var lease = await _board.TakeAsync(Anna);
        await _board.Device.ConfigureAsync(Anna, lease, new(BaudRate: 1200));
        var longest = 0;
        _board.Line.Write = text =>
        {
            longest = Math.Max(longest, text.Length);
            return Task.CompletedTask;
        };

        await _board.Device.WriteAsync(Anna, lease, new byte[1000]);

        Assert.Equal(60, longest);
    }
}
