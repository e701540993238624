using System.IO.Ports;
using LLMos.Server.Devices.Lines;

namespace LLMos.Server.Devices;

/// <summary>A line's settings in the words of the wire.</summary>
internal static class SettingNames
{
    private static readonly Dictionary<string, Parity> Parities = Enum.GetValues<Parity>().ToDictionary(parity => parity.ToString().ToLowerInvariant());
    private static readonly Dictionary<string, StopBits> Stops = new() { ["1"] = StopBits.One, ["1.5"] = StopBits.OnePointFive, ["2"] = StopBits.Two };
    private static readonly Dictionary<string, Handshake> Flows = new() { ["none"] = Handshake.None, ["rts-cts"] = Handshake.RequestToSend, ["xon-xoff"] = Handshake.XOnXOff };

    public static DeviceSettings Of(LineSettings settings) => new(
        settings.BaudRate, settings.DataBits, NameIn(Parities, settings.Parity), NameIn(Stops, settings.StopBits), NameIn(Flows, settings.FlowControl));

    /// <exception cref="Foundation.Errors.DomainException"><c>devices.setting_invalid</c>.</exception>
    public static LineSettings Read(DeviceSettings? settings) => settings is null ? throw DeviceErrors.SettingInvalid("settings", "given") : new LineSettings(
        settings.BaudRate, settings.DataBits, Find(Parities, settings.Parity, "parity"), Find(Stops, settings.StopBits, "stopBits"), Find(Flows, settings.FlowControl, "flowControl")).Checked();

    private static string NameIn<T>(Dictionary<string, T> names, T value) => names.First(name => Equals(name.Value, value)).Key;

    private static T Find<T>(Dictionary<string, T> names, string? name, string setting) =>
        name is not null && names.TryGetValue(name, out var value) ? value : throw DeviceErrors.SettingInvalid(setting, string.Join(", ", names.Keys));
}
