namespace LLMos.Server.Devices;

internal static partial class DevicesLog
{
    [LoggerMessage(3000, LogLevel.Information, "Device {Device} is ready at {Path}.")]
    public static partial void DeviceReady(this ILogger log, string device, string path);

    [LoggerMessage(3001, LogLevel.Information, "Device {Device} is gone.")]
    public static partial void DeviceGone(this ILogger log, string device);

    [LoggerMessage(3002, LogLevel.Warning, "Device {Device} cannot be opened, and is tried again: {Why}")]
    public static partial void DeviceNotOpened(this ILogger log, string device, string why);

    [LoggerMessage(3014, LogLevel.Warning, "Port {Path} is left out: {Most} ports are served at most (Devices:MaxPorts).")]
    public static partial void PortLeftOut(this ILogger log, string path, int most);

    [LoggerMessage(3004, LogLevel.Information, "Device {Device} is offered over RFC 2217 at {Address}.")]
    public static partial void DeviceOffered(this ILogger log, string device, System.Net.EndPoint? address);

    [LoggerMessage(3005, LogLevel.Warning, "Device {Device} could not be remembered; its log is not shown after a restart until it is there again.")]
    public static partial void DeviceNotRemembered(this ILogger log, string device, Exception failure);

    [LoggerMessage(3006, LogLevel.Information, "Lending {Ports} to {Server}.")]
    public static partial void Lending(this ILogger log, string ports, Uri server);

    [LoggerMessage(3007, LogLevel.Information, "Port {Port} is device {Device} of {Server}.")]
    public static partial void Lent(this ILogger log, string port, string device, Uri server);

    [LoggerMessage(3008, LogLevel.Warning, "The connection for port {Port} is lost or refused, and is tried again: {Why}")]
    public static partial void ConnectionLost(this ILogger log, string port, string why);

    [LoggerMessage(3009, LogLevel.Error, "{Server} does not take the token, or it is not a member's.")]
    public static partial void TokenRefused(this ILogger log, Uri server);

    [LoggerMessage(3010, LogLevel.Warning, "{Server} is reached without TLS: whoever is on the way can read the token.")]
    public static partial void TokenInClear(this ILogger log, Uri server);

    [LoggerMessage(3011, LogLevel.Warning, "Several ports have the USB serial number of device {Device}: each is a device of the place that it is plugged into, once it is plugged in anew.")]
    public static partial void SerialNumberShared(this ILogger log, string device);

    [LoggerMessage(3012, LogLevel.Warning, "The log of device {Device} could not be opened; the device is not shown until it is there again.")]
    public static partial void LogNotOpened(this ILogger log, string device, Exception failure);

    [LoggerMessage(3013, LogLevel.Warning, "A connection from {Address} to the RFC 2217 port of device {Device} {Fault}; it was closed, and nothing of it reached the board.")]
    public static partial void ClientRefused(this ILogger log, System.Net.EndPoint? address, string device, string fault);

    [LoggerMessage(3003, LogLevel.Error, "Serial ports could not be looked for; the next try is in a moment.")]
    public static partial void ScanFailed(this ILogger log, Exception failure);
}
