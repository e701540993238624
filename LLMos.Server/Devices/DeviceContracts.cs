using MessagePack;

namespace LLMos.Server.Devices;

/// <summary>Where a device can be reached as a serial port of the network, for as long as its lease lasts.</summary>
/// <param name="Url">For pyserial, esptool, PlatformIO and idf.py.</param>
/// <param name="Commands">To copy.</param>
public sealed record Rfc2217Answer(string Host, int Port, string Url, IReadOnlyList<string> Commands);

/// <summary>A device as everybody sees it.</summary>
/// <param name="Id">Stays when it is unplugged and plugged in again.</param>
/// <param name="Kind">port, lent or virtual.</param>
/// <param name="State">ready, absent, away (its lender's connection is lost for the moment) or removed (the last that is heard of it).</param>
/// <param name="Port">The path by which it is open, or was; of ports.</param>
/// <param name="Lender">Who lends it; of lent ones.</param>
/// <param name="Usb">Vendor and product such as <c>303a:1001</c>, where it is a USB device.</param>
/// <param name="Waiting">Who waits for the lease, the next first.</param>
/// <param name="Sequence">The number of its newest event.</param>
/// <param name="FirstSequence">The number of the oldest event that is kept.</param>
[MessagePackObject]
public sealed record DeviceSummary(
    [property: Key("id")] string Id, [property: Key("name")] string Name, [property: Key("tags")] IReadOnlyList<string> Tags, [property: Key("kind")] string Kind,
    [property: Key("state")] string State, [property: Key("port")] string? Port, [property: Key("lender")] string? Lender, [property: Key("usb")] string? Usb, [property: Key("settings")] DeviceSettings Settings,
    [property: Key("lease")] DeviceLease? Lease, [property: Key("waiting")] IReadOnlyList<string> Waiting, [property: Key("sequence")] long Sequence,
    [property: Key("firstSequence")] long FirstSequence, [property: Key("logBytes")] long LogBytes);

/// <summary>Who has a device.</summary>
/// <param name="Mode">use, or flash: the board is in its loader, or about to be.</param>
[MessagePackObject]
public sealed record DeviceLease(
    [property: Key("holder")] string Holder, [property: Key("mode")] string Mode, [property: Key("reason")] string? Reason, [property: Key("since")] DateTimeOffset Since,
    [property: Key("expiresAt")] DateTimeOffset ExpiresAt);

/// <param name="LeaseId">A secret of the holder; each use makes the lease last longer.</param>
[MessagePackObject]
public sealed record LeaseAnswer([property: Key("leaseId")] string LeaseId, [property: Key("expiresAt")] DateTimeOffset ExpiresAt);

/// <param name="BaudRate">50 to 6,000,000.</param>
/// <param name="DataBits">5 to 8.</param>
/// <param name="Parity">none, odd, even, mark or space.</param>
/// <param name="StopBits">1, 1.5 or 2.</param>
/// <param name="FlowControl">none, rts-cts or xon-xoff.</param>
[MessagePackObject]
public sealed record DeviceSettings(
    [property: Key("baudRate")] int BaudRate = 115_200, [property: Key("dataBits")] int DataBits = 8, [property: Key("parity")] string Parity = "none",
    [property: Key("stopBits")] string StopBits = "1", [property: Key("flowControl")] string FlowControl = "none");

/// <summary>What happened on a line.</summary>
/// <param name="Sequence">From 1; of joined bytes the last one's number. Watch again with it as <c>after</c>.</param>
/// <param name="Kind">received, sent, state, lease, settings, signals, reset, named or skipped.</param>
/// <param name="By">The person whose doing it was.</param>
/// <param name="Data">Of received and sent: bytes (base64 in JSON).</param>
/// <param name="Text">Of all others: a sentence.</param>
[MessagePackObject]
public sealed record DeviceEvent(
    [property: Key("sequence")] long Sequence, [property: Key("at")] DateTimeOffset At, [property: Key("kind")] string Kind, [property: Key("by")] string? By,
    [property: Key("data")] byte[]? Data, [property: Key("text")] string? Text);

/// <summary>A page of a device's log.</summary>
public sealed record DeviceEvents(IReadOnlyList<DeviceEvent> Events, long Sequence, long FirstSequence);

/// <param name="Next">Search on with it as <c>after</c>, if there is more.</param>
public sealed record DeviceFindings(IReadOnlyList<DeviceFinding> Findings, long Next, bool More);

/// <param name="Sequence">Of the event that the line begins in.</param>
/// <param name="Line">Without its end; invalid UTF-8 is shown as boxes.</param>
public sealed record DeviceFinding(long Sequence, DateTimeOffset At, string Line);

/// <param name="Name">What people call it, 1 to 64 characters.</param>
/// <param name="Tags">At most 16, each 1 to 32 characters.</param>
public sealed record DescribeDeviceRequest(string Name, IReadOnlyList<string>? Tags = null);

/// <param name="WaitSeconds">How long to wait in the queue for it, 0 to 300.</param>
/// <param name="Mode">use or flash: others are told so, and the line is set as before when the lease ends. What looks like a flasher's first bytes makes it flash.</param>
/// <param name="TakeOver">End somebody else's lease instead of waiting: an administrator's right, and everybody's on their own.</param>
[MessagePackObject]
public sealed record LeaseRequest(
    [property: Key("reason")] string? Reason = null, [property: Key("waitSeconds")] int WaitSeconds = 0, [property: Key("takeOver")] bool TakeOver = false,
    [property: Key("mode")] string? Mode = LeaseRequest.Use)
{
    internal const string Use = "use", Flash = "flash";

    internal bool IsFlash => Mode == Flash;

    private const int MostWaitSeconds = 300;

    /// <exception cref="Foundation.Errors.DomainException"><c>devices.argument_invalid</c>.</exception>
    internal static LeaseRequest Checked(LeaseRequest? request)
    {
        if (request is null)
            throw DeviceErrors.ArgumentInvalid("request", "given");
        if (request.WaitSeconds is not (>= 0 and <= MostWaitSeconds))
            throw DeviceErrors.ArgumentInvalid("waitSeconds", $"0 to {MostWaitSeconds}");
        if (request.Mode is not (null or Use or Flash))
            throw DeviceErrors.ArgumentInvalid("mode", "use or flash");
        // MessagePack has null for what a caller left out.
        return request.Mode is null ? request with { Mode = Use } : request;
    }
}

public sealed record LeaseUse(string LeaseId);

/// <summary>Exactly one of the two.</summary>
/// <param name="Data">Bytes, base64.</param>
public sealed record WriteDeviceRequest(string LeaseId, string? Text = null, byte[]? Data = null);

public sealed record ConfigureDeviceRequest(string LeaseId, DeviceSettings Settings);

/// <summary>True asserts a line; null leaves it.</summary>
public sealed record SignalDeviceRequest(string LeaseId, bool? Dtr = null, bool? Rts = null, bool? Break = null);

/// <param name="Mode">run or bootloader.</param>
/// <param name="Sequence">classic or usb-jtag; null: what fits the device.</param>
[MessagePackObject]
public sealed record ResetRequest([property: Key("mode")] string? Mode = ResetRequest.Run, [property: Key("sequence")] string? Sequence = null)
{
    internal const string Run = "run";
}

public sealed record ResetDeviceRequest(string LeaseId, string Mode = "run", string? Sequence = null);

/// <param name="Command">Such as <c>{"action":"get_info"}</c>.</param>
/// <param name="TimeoutSeconds">0.1 to 60.</param>
public sealed record CommandDeviceRequest(string LeaseId, System.Text.Json.Nodes.JsonObject Command, double TimeoutSeconds = 5);

/// <param name="Reply">The device's words.</param>
/// <param name="Sequence">Of the event that ended it.</param>
public sealed record CommandAnswer(System.Text.Json.Nodes.JsonObject Reply, double Milliseconds, long Sequence);

/// <summary>Waits for what a device prints.</summary>
/// <param name="Pattern">A regular expression without look-around and back references.</param>
/// <param name="After">Where to begin in the log; null: with what comes.</param>
/// <param name="Send">Sent first; takes <paramref name="LeaseId"/>.</param>
/// <param name="TimeoutSeconds">0.1 to 300.</param>
/// <param name="Kilobytes">How much is looked at, 1 to 1024.</param>
public sealed record ExpectDeviceRequest(
    string Pattern, long? After = null, string? LeaseId = null, string? Send = null, double TimeoutSeconds = 5, int Kilobytes = 64);

/// <param name="Matched">Whether the pattern was found before the time or the kilobytes were over.</param>
/// <param name="Text">All that was looked at, up to the end of the match; invalid UTF-8 is shown as boxes.</param>
/// <param name="Groups">The match and its groups.</param>
public sealed record ExpectAnswer(bool Matched, string Text, IReadOnlyList<string> Groups, long Sequence);
