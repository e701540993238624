using LLMos.Server.Devices.Lines;

namespace LLMos.Server.Devices;

/// <summary>How DTR and RTS are moved to reset a board. Source: Espressif's documents on boot mode selection.</summary>
/// <remarks>
/// Classic: two transistors hold the chip in reset while RTS alone is asserted, and pin 0 down while DTR alone is. The
/// chip's own USB looks at the order of changes instead.
/// </remarks>
internal static class ResetSequence
{
    private const int Held = 100, Settling = 50, UsbHeld = 200;

    /// <exception cref="Foundation.Errors.DomainException"><c>devices.argument_invalid</c>.</exception>
    public static IReadOnlyList<(LineSignals Signals, TimeSpan Pause)> Of(ResetRequest request, DeviceIdentity device)
    {
        var isUsb = request.Sequence switch
        {
            null => device.IsUsbJtag,
            "classic" => false,
            "usb-jtag" => true,
            _ => throw DeviceErrors.ArgumentInvalid("sequence", "classic or usb-jtag"),
        };
        return (request.Mode ?? ResetRequest.Run, isUsb) switch
        {
            ("run", false) => [Step(false, true, Held), Step(null, false, 0)],
            ("run", true) => [Step(false, true, UsbHeld), Step(null, false, UsbHeld)],
            ("bootloader", false) => [Step(false, true, Held), Step(true, false, Settling), Step(false, null, 0)],
            ("bootloader", true) => [Step(false, false, Held), Step(true, false, Held), Step(true, true, 0), Step(false, true, Held), Step(false, false, 0)],
            _ => throw DeviceErrors.ArgumentInvalid("mode", "run or bootloader"),
        };
    }

    private static (LineSignals, TimeSpan) Step(bool? dtr, bool? rts, int milliseconds) => (new(dtr, rts), TimeSpan.FromMilliseconds(milliseconds));
}
