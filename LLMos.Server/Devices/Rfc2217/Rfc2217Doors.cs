using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LLMos.Server.Accounts;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Devices.Rfc2217;

/// <summary>The TCP ports at which devices are serial ports of the network, each for as long as one lease.</summary>
internal sealed class Rfc2217Doors(IOptions<DeviceOptions> options, Holdings holdings, TimeProvider time, ILogger<Rfc2217Doors> log) : IDisposable
{
    private readonly ConcurrentDictionary<string, Rfc2217Door> _byLease = new(StringComparer.Ordinal);

    /// <summary>Opens a device's door, or tells where it is open.</summary>
    /// <param name="host">How the caller reaches this machine.</param>
    /// <exception cref="Foundation.Errors.DomainException"><c>devices.lease_required</c>, <c>devices.ports_busy</c>.</exception>
    public Rfc2217Answer Open(Device device, Caller caller, string leaseId, string host)
    {
        var lease = device.Leases.Require(caller, leaseId);
        lock (_byLease)
        {
            if (!_byLease.TryGetValue(lease.Id, out var door))
            {
                // It ends with its lease, and with the credential that opened it, which may be another of the holder's.
                var held = holdings.Enter(caller, Role.Member, _ => Close(lease.Id));
                try
                {
                    door = _byLease[lease.Id] = new(Listen(), device, lease, time, log);
                }
                catch
                {
                    held.Dispose();
                    throw;
                }

                lease.End.Token.Register(() =>
                {
                    held.Dispose();
                    Close(lease.Id);
                });
                log.DeviceOffered(device.Identity.Id, door.Address);
            }

            return Of(door.Address, host);
        }
    }

    public void Dispose()
    {
        foreach (var door in _byLease.Values)
            door.Dispose();
    }

    private void Close(string leaseId)
    {
        // Not before it is open, when both come at the same moment.
        lock (_byLease)
        {
            if (_byLease.TryRemove(leaseId, out var ended))
                ended.Dispose();
        }
    }

    private static Rfc2217Answer Of(IPEndPoint address, string host)
    {
        // That listens everywhere, and is nowhere.
        var isAny = address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any);
        var url = string.Create(CultureInfo.InvariantCulture, $"rfc2217://{(isAny ? $"{host}:{address.Port}" : address)}");
        return new(isAny ? host : address.Address.ToString(), address.Port, url,
            [$"esptool --port {url} flash_id", $"idf.py -p {url} monitor", $"pio device monitor -p {url}", $"python3 -m serial.tools.miniterm {url} 115200"]);
    }

    private Socket Listen()
    {
        var address = IPAddress.Parse(options.Value.Rfc2217Address);
        var first = options.Value.Rfc2217FirstPort;
        var last = first == 0 ? 0 : first + options.Value.MaxPorts + options.Value.Virtual - 1;
        var why = "";
        for (var port = first; port <= last; port++)
        {
            var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                listener.Bind(new IPEndPoint(address, port));
                listener.Listen(8);
                return listener;
            }
            catch (SocketException taken)
            {
                listener.Dispose();
                why = string.Create(CultureInfo.InvariantCulture, $"{taken.Message} ({port})");
            }
        }

        throw DeviceErrors.PortsBusy(options.Value.Rfc2217Address, first, why);
    }
}
