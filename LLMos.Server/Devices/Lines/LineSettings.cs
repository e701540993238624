using System.IO.Ports;

namespace LLMos.Server.Devices.Lines;

/// <summary>How a serial line is set. At first as an ESP32's ROM speaks.</summary>
/// <param name="BaudRate">Bits a second, 50 to 6,000,000.</param>
/// <param name="DataBits">5 to 8.</param>
internal sealed record LineSettings(
    int BaudRate = 115_200, int DataBits = 8, Parity Parity = Parity.None, StopBits StopBits = StopBits.One, Handshake FlowControl = Handshake.None)
{
    public const int LeastBaudRate = 50, MostBaudRate = 6_000_000;

    /// <exception cref="Foundation.Errors.DomainException"><c>devices.setting_invalid</c>.</exception>
    public LineSettings Checked()
    {
        if (BaudRate is < LeastBaudRate or > MostBaudRate)
            throw DeviceErrors.SettingInvalid("baudRate", $"{LeastBaudRate} to {MostBaudRate}");
        if (DataBits is < 5 or > 8)
            throw DeviceErrors.SettingInvalid("dataBits", "5 to 8");
        return this;
    }
}

/// <summary>What becomes of the modem lines; null stays. As on the wire: true is asserted (electrically low).</summary>
/// <param name="Break">Whether the line sends a break.</param>
internal sealed record LineSignals(bool? Dtr = null, bool? Rts = null, bool? Break = null);
