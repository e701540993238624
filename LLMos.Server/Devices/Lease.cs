using LLMos.Server.Accounts;
using LLMos.Server.Devices.Lines;

namespace LLMos.Server.Devices;

/// <summary>What becomes of bytes that were written and have not left yet.</summary>
internal enum LeaseEnd
{
    /// <summary>It was given back: they go out.</summary>
    Released,

    /// <summary>It was taken over, or not used, or its holder has gone: they are dropped.</summary>
    Lost,
}

/// <summary>The right to write to a device, for one holder.</summary>
/// <param name="Id">A secret.</param>
/// <param name="Connection">The hub connection that it lives with; null: it was taken by REST and ends by its time alone.</param>
/// <param name="ExpiresAt">For people: by the clock when it was last asked for.</param>
/// <param name="Ends">By the queue's own clock, which nobody sets.</param>
/// <param name="Before">Of one that flashes: how the line was set before, and is set again after it. Null: it does not flash.</param>
internal sealed record Lease(string Id, Caller Holder, string? Reason, string? Connection, DateTimeOffset Since, DateTimeOffset ExpiresAt, TimeSpan Ends, LineSettings? Before = null)
{
    /// <summary>Ends it with the credential that it was taken by.</summary>
    public required IDisposable Held { get; init; }

    /// <summary>Cancelled when it is not the device's lease any more.</summary>
    public CancellationTokenSource End { get; } = new();
}
