using System.Text.Json.Nodes;
using LLMos.Server.Devices;

namespace LLMos.Server.Runs.DeviceCalls;

/// <summary>The answer to a call: a refusal's code and sentence, or what was asked for (PROTOCOL.md section 6).</summary>
internal sealed record DeviceAnswer
{
    public string? Error { get; init; }
    public string? Message { get; init; }
    public int? Handle { get; init; }

    /// <summary>It is not done yet: ask again with <c>poll</c>.</summary>
    public bool Pending { get; init; }
    public JsonObject? Reply { get; init; }
    public DeviceSummary? Device { get; init; }
    public IReadOnlyList<DeviceSummary>? Devices { get; init; }

    /// <summary>Raw bytes that follow the JSON.</summary>
    public int Bytes { get; init; }
}
