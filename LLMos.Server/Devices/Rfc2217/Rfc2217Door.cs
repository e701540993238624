using System.Net;
using System.Net.Sockets;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Devices.Rfc2217;

/// <summary>Listens for one device and one lease; serves one client at a time, and keeps the lease while that is there.</summary>
internal sealed class Rfc2217Door : IDisposable
{
    // Clients that have not shown yet that they speak telnet; one more is closed. And those of them that are recorded.
    private const int MostGreeted = 8, MostRecorded = 100;

    // How long a client that comes waits for one that just goes: a flasher's end and its next start are one on the wire.
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2), Moment = TimeSpan.FromMilliseconds(250);

    private readonly Socket _listener;
    private readonly Device _device;
    private readonly Lease _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _closed = new();
    private readonly SemaphoreSlim _seat = new(1);
    private int _greeted, _recorded;

    public Rfc2217Door(Socket listener, Device device, Lease lease, TimeProvider time, ILogger log)
    {
        (_listener, _device, _lease, _time, _log) = (listener, device, lease, time, log);
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
                _ = MeetAsync(await _listener.AcceptAsync(_closed.Token));
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Closed, with its lease.
        }
    }

    private async Task MeetAsync(Socket accepted)
    {
        using var socket = accepted;
        using var connection = new Rfc2217Connection(socket, _device, _lease.Holder, _lease.Id, _time);
        try
        {
            var from = socket.RemoteEndPoint;
            if (!await GreetAsync(connection, from))
                return;
            if (!await _seat.WaitAsync(Moment, _closed.Token))
            {
                await RefuseAsync(connection, from);
                return;
            }

            try
            {
                await SeatAsync(connection);
            }
            finally
            {
                _seat.Release();
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The client has gone, or the door is closed.
        }
    }

    /// <returns>Whether it speaks telnet and nobody is there; else it has been hung up on, and nothing of it has reached the board.</returns>
    private async Task<bool> GreetAsync(Rfc2217Connection connection, EndPoint? from)
    {
        var isCrowded = Interlocked.Increment(ref _greeted) > MostGreeted;
        try
        {
            if (isCrowded)
                return false;
            if (!await _seat.WaitAsync(Moment, _closed.Token))
            {
                await RefuseAsync(connection, from);
                return false;
            }

            // Only looked at: who says nothing keeps nobody out.
            _seat.Release();
            if (await connection.GreetAsync(_closed.Token) is not { } fault)
                return true;
            if (Record(from, fault))
                _log.ClientRefused(from, _device.Identity.Id, fault);
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref _greeted);
        }
    }

    private async Task RefuseAsync(Rfc2217Connection connection, EndPoint? from)
    {
        Record(from, "came while another client was there");
        await connection.RefuseAsync(_closed.Token);
    }

    private async Task SeatAsync(Rfc2217Connection connection)
    {
        using var hungUp = CancellationTokenSource.CreateLinkedTokenSource(_closed.Token);
        var keeping = KeepLeaseAsync(hungUp.Token);
        await connection.ServeAsync(hungUp.Token);
        await hungUp.CancelAsync();
        await keeping;
    }

    private bool Record(EndPoint? from, string fault)
    {
        if (Interlocked.Increment(ref _recorded) > MostRecorded)
            return false;
        _device.Log.Append(RecordKind.State, null, $"a connection from {from} to the RFC 2217 port {fault}, and was closed");
        return true;
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
