using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Hangs up on an address that has too many connections, and on who says nothing: before that costs more than a socket.</summary>
internal sealed class Doorkeeper(HostingOptions options, TimeProvider time)
{
    private const int NetworkBytes = 8;

    private readonly TimeSpan _patience = TimeSpan.FromSeconds(options.SilentSeconds);
    private readonly ConcurrentDictionary<IPAddress, int> _open = new();

    public ConnectionDelegate ServeAsync(ConnectionDelegate next) => async connection =>
    {
        var address = NetworkOf((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None);
        var open = _open.AddOrUpdate(address, 1, (_, before) => before + 1);
        try
        {
            if (open > options.MaxConnectionsPerAddress || !await SpeaksAsync(connection))
                connection.Abort();
            else
                await next(connection);
        }
        finally
        {
            if (_open.AddOrUpdate(address, 0, (_, before) => before - 1) == 0)
                _open.TryRemove(KeyValuePair.Create(address, 0));
        }
    };

    private async Task<bool> SpeaksAsync(ConnectionContext connection)
    {
        using var patience = new CancellationTokenSource(_patience, time);
        try
        {
            var first = await connection.Transport.Input.ReadAsync(patience.Token);
            connection.Transport.Input.AdvanceTo(first.Buffer.Start);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>One household or host has a whole /64 of IPv6.</summary>
    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new(bytes);
    }
}
