namespace LLMos.Server.Devices;

/// <summary>Which device this is, as its hardware says.</summary>
/// <param name="Id">From the USB serial number and interface, else from the place that it is plugged into, else from its path.</param>
/// <param name="Title">What it is called until somebody names it.</param>
/// <param name="Path">Where it is now; null for one that is not a port of this machine.</param>
/// <param name="Usb">Vendor and product, four hexadecimal digits each: <c>303a:1001</c>.</param>
/// <param name="Lender">Whose it is, if somebody lends it.</param>
internal sealed record DeviceIdentity(string Id, string Title, string? Path, string? Usb = null, Lender? Lender = null)
{
    /// <summary>As on the wire.</summary>
    public string Kind => Lender is not null ? "lent" : Path is not null ? "port" : "virtual";

    /// <summary>Whether its USB is the chip's own, which is reset in another way.</summary>
    public bool IsUsbJtag => Usb == "303a:1001";
}

/// <summary>Who lends a device, by account; the name is the one at that time.</summary>
internal sealed record Lender(string AccountId, string Name);

/// <summary>What people say of it.</summary>
/// <param name="FormerNames">What it was called before, the newest last: programs may still open it by one, so no other device gets it.</param>
internal sealed record DeviceDescription(string? Name, IReadOnlyList<string> Tags, IReadOnlyList<string> FormerNames)
{
    public static readonly DeviceDescription None = new(null, [], []);
}
