using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Runs.DeviceCalls;

/// <summary>A device that a worker has the lease of, or waits for.</summary>
internal sealed class OpenDevice : IDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private readonly IAsyncEnumerator<DeviceEvent[]> _events;
    private Task<bool>? _more;
    private ReadOnlyMemory<byte> _received;
    private string? _skipped;

    public OpenDevice(Device device, Caller caller)
    {
        (Device, Caller) = (device, caller);
        // From the opening on, so that no answer is missed.
        _events = device.Log.WatchAsync(null, () => true, admit: null, _closed.Token).GetAsyncEnumerator(_closed.Token);
        _more = _events.MoveNextAsync().AsTask();
    }

    public Device Device { get; }

    /// <summary>The run's person, by the run: another one for each of a session.</summary>
    public Caller Caller { get; set; }

    public string? LeaseId { get; private set; }

    /// <summary>What is being done; null: nothing.</summary>
    public Task<DeviceAnswer>? Doing { get; set; }

    public async Task<DeviceAnswer> TakeAsync(DeviceCall call)
    {
        var lease = await Device.Leases.TakeAsync(Caller, new(call.Reason, call.WaitSeconds, call.TakeOver), connection: null, _closed.Token);
        LeaseId = lease.Id;
        return new() { Device = Device.Summarize() };
    }

    /// <summary>Bytes that have come, or come in a moment; none: they did not.</summary>
    /// <exception cref="DomainException"><c>devices.lease_required</c>; <c>devices.gone</c>; <c>runs.device_bytes_skipped</c>.</exception>
    public async Task<int> ReadAsync(Memory<byte> buffer, TimeSpan moment, CancellationToken cancellation)
    {
        // Who reads uses the lease.
        Device.Leases.Require(Caller, LeaseId);
        while (_received.IsEmpty && _skipped is null && _more is not null)
        {
            try
            {
                Take(await _more.WaitAsync(moment, cancellation));
            }
            catch (TimeoutException)
            {
                return Device.IsReady ? 0 : throw DeviceErrors.Gone();
            }
        }

        if (Interlocked.Exchange(ref _skipped, null) is { } skipped)
            throw RunErrors.DeviceBytesSkipped(skipped);
        var count = Math.Min(buffer.Length, _received.Length);
        _received[..count].CopyTo(buffer);
        _received = _received[count..];
        return count;
    }

    public void Dispose()
    {
        _closed.Cancel();
        try
        {
            if (LeaseId is not null)
                Device.Leases.Release(Caller, LeaseId);
        }
        catch (DomainException)
        {
            // It has ended, or somebody else has it by now.
        }
    }

    private void Take(bool isOne)
    {
        if (isOne)
        {
            _skipped = _events.Current.FirstOrDefault(happened => happened.Kind == "skipped")?.Text;
            _received = _events.Current.Where(happened => happened.Kind == "received").SelectMany(happened => happened.Data!).ToArray();
        }

        _more = isOne ? _events.MoveNextAsync().AsTask() : null;
    }
}
