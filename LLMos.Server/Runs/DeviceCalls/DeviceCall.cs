using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LLMos.Server.Devices;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs.DeviceCalls;

/// <summary>What a worker asks of devices; which members are set follows from <see cref="Device"/> (PROTOCOL.md section 6).</summary>
internal sealed record DeviceCall
{
    public const int MaxBytes = Server.Devices.Device.MostWritten, MaxWaitSeconds = 300, MaxTimeoutSeconds = 60;

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 16,
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>What is to be done.</summary>
    public required string Device { get; init; }
    public int? Handle { get; init; }
    public string? Name { get; init; }
    public string? Reason { get; init; }
    public int WaitSeconds { get; init; }
    public bool TakeOver { get; init; }
    public int Length { get; init; }
    public JsonObject? Command { get; init; }
    public double TimeoutSeconds { get; init; }
    public DeviceSettings? Settings { get; init; }
    public string? Mode { get; init; }
    public bool? Dtr { get; init; }
    public bool? Rts { get; init; }
    public bool? Break { get; init; }

    /// <summary>Raw bytes that follow the JSON.</summary>
    public int Bytes { get; init; }

    /// <summary>How many bytes the answer may bring.</summary>
    public int Room => Length;

    /// <summary>Whether a call is for devices: it says so first.</summary>
    public static bool IsOne(ReadOnlySpan<byte> bytes) => bytes.StartsWith("{\"device\":"u8);

    /// <exception cref="ProtocolException">Not JSON, or not a call of the table.</exception>
    public static DeviceCall Parse(ReadOnlySpan<byte> bytes)
    {
        DeviceCall? call;
        try
        {
            call = JsonSerializer.Deserialize<DeviceCall>(bytes, Strict);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new ProtocolException("a call that is not the JSON it should be");
        }

        return call is not null && call.IsWellFormed() ? call : throw new ProtocolException("a call of an unknown form");
    }

    private bool IsWellFormed() => (Device == "write" ? Bytes is > 0 and <= MaxBytes : Bytes == 0) && (Device == "read" ? Length is > 0 and <= MaxBytes : Length == 0) && Device switch
    {
        "list" => true,
        "open" => Name is not null && WaitSeconds is >= 0 and <= MaxWaitSeconds,
        "read" or "write" or "poll" or "close" or "signals" => Handle is not null,
        "command" => Handle is not null && Command is not null && TimeoutSeconds is >= 0.1 and <= MaxTimeoutSeconds,
        "reset" => Handle is not null && Mode is not null,
        "settings" => Handle is not null && Settings is not null,
        _ => false,
    };
}
