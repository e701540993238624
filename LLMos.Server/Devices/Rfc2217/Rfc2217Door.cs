using System.Net;
using System.Net.Sockets;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Devices.Rfc2217;

/// <summary>Listens for one device and one lease; serves one client at a time, and keeps the lease while that is there.</summary>
internal sealed class Rfc2217Door : IDisposable
{
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2);

    private readonly Socket _listener;
    private readonly Device _device;
    private readonly Lease _lease;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closed = new();

    public Rfc2217Door(Socket listener, Device device, Lease lease, TimeProvider time)
    {
        (_listener, _device, _lease, _time) = (listener, device, lease, time);
        Address = (IPEndPoint)listener.LocalEndPoint!;
        _ = ServeAsync();
    }

    public IPEndPoint Address { get; }

    public void Dispose()
    {
        _ = _closed.CancelAsync();
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptAsync(_closed.Token);
                using var hungUp = CancellationTokenSource.CreateLinkedTokenSource(_closed.Token);
                var keeping = KeepLeaseAsync(hungUp.Token);
                using var connection = new Rfc2217Connection(socket, _device, _lease.Holder, _lease.Id, _time);
                await connection.ServeAsync(hungUp.Token);
                await hungUp.CancelAsync();
                await keeping;
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Closed, with its lease.
        }
    }

    private async Task KeepLeaseAsync(CancellationToken cancellation)
    {
        try
        {
            using var timer = new PeriodicTimer(Renewal, _time);
            do
                _device.Leases.Require(_lease.Holder, _lease.Id);
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (Exception end) when (end is OperationCanceledException or DomainException)
        {
            // The client has gone, or the lease, whose end closes this door.
        }
    }
}
