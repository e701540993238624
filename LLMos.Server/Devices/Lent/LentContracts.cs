using MessagePack;

namespace LLMos.Server.Devices.Lent;

/// <summary>A serial port that somebody lends: of a browser's Web Serial, or of a machine that runs <c>LLMos.Server bench</c>.</summary>
/// <param name="Key">The lender's own lasting name of the port, 1 to 64 characters.</param>
/// <param name="Epoch">Another for each opening of the port, 1 to 64 characters.</param>
/// <param name="Name">What it is called until somebody names it, 1 to 64 characters.</param>
/// <param name="Usb">Vendor and product such as <c>303a:1001</c>, where the lender knows them.</param>
/// <param name="Done">The number of the last order that was carried out in this epoch; 0: none.</param>
/// <param name="Offset">The oldest received byte of this epoch that the lender could send again; bytes are counted from 0.</param>
/// <param name="Sent">The first received byte of this epoch that was never sent to anybody: a server that knows nothing of the epoch begins there.</param>
[MessagePackObject]
public sealed record LentPort(
    [property: Key("key")] string Key, [property: Key("epoch")] string Epoch, [property: Key("name")] string Name, [property: Key("usb")] string? Usb = null,
    [property: Key("done")] long Done = 0, [property: Key("offset")] long Offset = 0, [property: Key("sent")] long Sent = 0);

/// <summary>What the server wants of a lender; one after the other.</summary>
/// <param name="Number">Rising in each epoch, from 1 or what the lender has done; 0 of <c>lent</c>.</param>
/// <param name="Kind">lent, which is always the first, write, settings or signals.</param>
/// <param name="DeviceId">Of lent: what the port is here.</param>
/// <param name="Offset">Of lent: the next received byte that the server has not got.</param>
/// <param name="Dtr">Of signals, as the other two: both lines change at the same moment; null leaves one.</param>
[MessagePackObject]
public sealed record LineOrder(
    [property: Key("number")] long Number, [property: Key("kind")] string Kind, [property: Key("deviceId")] string? DeviceId = null, [property: Key("offset")] long Offset = 0,
    [property: Key("data")] byte[]? Data = null, [property: Key("settings")] DeviceSettings? Settings = null, [property: Key("dtr")] bool? Dtr = null, [property: Key("rts")] bool? Rts = null,
    [property: Key("break")] bool? Break = null)
{
    public const string Lent = "lent", Write = "write", Configure = "settings", Signal = "signals";
}

/// <summary>What a lender has to say.</summary>
/// <param name="Kind">received (data begins at offset), done (the order of that number, with an error or none) or gone, which is the last.</param>
/// <param name="Error">A sentence, 200 characters at most.</param>
[MessagePackObject]
public sealed record LentReport(
    [property: Key("kind")] string Kind, [property: Key("offset")] long Offset = 0, [property: Key("data")] byte[]? Data = null, [property: Key("number")] long Number = 0,
    [property: Key("error")] string? Error = null)
{
    public const string Received = "received", Done = "done", Gone = "gone";
}
