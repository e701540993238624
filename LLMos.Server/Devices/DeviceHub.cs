using System.Runtime.CompilerServices;
using LLMos.Server.Accounts;
using LLMos.Server.Devices.Lent;
using LLMos.Server.Devices.Lines;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Hosting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Devices;

/// <summary>Devices over a live connection. The server pushes <c>deviceChanged(DeviceSummary)</c> to every connection.</summary>
internal sealed class DeviceHub(DeviceRegistry registry, LentLines lent, HubStreams streams, AnswerRoom room) : Hub
{
    private Caller Caller => Caller.Of(Context.User);

    public DeviceSummary[] List() => [.. registry.All.Select(device => device.Summarize())];

    /// <summary>Streams, in batches, what happened after event <paramref name="after"/>, then what happens. Null: only what happens.</summary>
    /// <remarks>Not an iterator itself: the look-up must refuse while SignalR's filters still listen.</remarks>
    public IAsyncEnumerable<DeviceEvent[]> Watch(string? id, long? after, CancellationToken cancellation)
    {
        var (device, connection, person) = (registry.Get(id), Context.ConnectionId, Caller.AccountId);
        return streams.Begin(Context, () => device.Log.WatchAsync(
            after, () => device.Leases.Look().Current?.Connection == connection, (bytes, cancelled) => room.TakeAsync(person, bytes * DeviceLog.BytesForByte, cancelled), cancellation));
    }

    /// <summary>Takes the lease, which then lives as long as this connection, or refuses at once.</summary>
    [Authorize(nameof(Role.Member))]
    public async Task<LeaseAnswer> TakeLease(string? id, LeaseRequest? request)
    {
        var lease = await registry.Get(id).Leases.TakeAsync(Caller, LeaseRequest.Checked(request) with { WaitSeconds = 0 }, Context.ConnectionId, Context.ConnectionAborted);
        return new(lease.Id, lease.ExpiresAt);
    }

    /// <summary>The same, but waits in the queue: a stream of one. A call would hold up the connection's other calls.</summary>
    [Authorize(nameof(Role.Member))]
    public IAsyncEnumerable<LeaseAnswer> WaitForLease(string? id, LeaseRequest? request, CancellationToken cancellation) =>
        streams.Begin(Context, () => WaitAsync(id, request, cancellation));

    private async IAsyncEnumerable<LeaseAnswer> WaitAsync(string? id, LeaseRequest? request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Lease lease;
        try
        {
            lease = await registry.Get(id).Leases.TakeAsync(Caller, LeaseRequest.Checked(request), Context.ConnectionId, cancellation);
        }
        catch (DomainException refusal)
        {
            // SignalR's filters do not listen any more, and would show no reason.
            throw new HubException(refusal.Message);
        }

        yield return new(lease.Id, lease.ExpiresAt);
    }

    /// <summary>Makes the lease last longer, and moves it to this connection.</summary>
    [Authorize(nameof(Role.Member))]
    public LeaseAnswer RenewLease(string? id, string? leaseId)
    {
        var lease = registry.Get(id).Leases.Require(Caller, leaseId, Context.ConnectionId);
        return new(lease.Id, lease.ExpiresAt);
    }

    [Authorize(nameof(Role.Member))]
    public void ReleaseLease(string? id, string? leaseId) => registry.Get(id).Leases.Release(Caller, leaseId);

    /// <summary>Returns when the line has taken all bytes.</summary>
    [Authorize(nameof(Role.Member))]
    public Task Write(string? id, string? leaseId, byte[]? data) => registry.Get(id).WriteAsync(Caller, leaseId, data);

    [Authorize(nameof(Role.Member))]
    public Task Configure(string? id, string? leaseId, DeviceSettings? settings) => registry.Get(id).ConfigureAsync(Caller, leaseId, SettingNames.Read(settings));

    /// <summary>Sets both lines at the same moment; null leaves one.</summary>
    [Authorize(nameof(Role.Member))]
    public Task Signal(string? id, string? leaseId, bool? dtr, bool? rts, bool? @break) => registry.Get(id).SignalAsync(Caller, leaseId, new LineSignals(dtr, rts, @break));

    [Authorize(nameof(Role.Member))]
    public Task Reset(string? id, string? leaseId, ResetRequest? request) => registry.Get(id).ResetAsync(Caller, leaseId, request ?? throw DeviceErrors.ArgumentInvalid("request", "given"));

    /// <summary>Lends a port of the caller's for as long as this call lasts. Orders come down, the stream of reports goes up.</summary>
    [Authorize(nameof(Role.Member))]
    public IAsyncEnumerable<LineOrder> Lend(LentPort? port, IAsyncEnumerable<LentReport> reports, CancellationToken cancellation) =>
        lent.Lend(Caller, port ?? throw DeviceErrors.PortInvalid("port must be given."), reports, cancellation);

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        foreach (var device in registry.All)
            device.Leases.Disconnected(Context.ConnectionId);
        return base.OnDisconnectedAsync(exception);
    }
}
