using System.Net;
using System.Net.Sockets;

namespace LLMos.Server.Runs.Doctor;

/// <summary>Whoever gets a connection or a datagram out of the sandbox is heard here.</summary>
internal sealed class DecoyListeners : IDisposable
{
    private const int Backlog = 16;

    private readonly Dictionary<string, Socket> _sockets = [];

    /// <param name="folder">For the sockets that have a path.</param>
    public DecoyListeners(string folder, string name)
    {
        Add("tcp", SocketType.Stream, new IPEndPoint(IPAddress.Loopback, 0));
        Add("udp", SocketType.Dgram, new IPEndPoint(IPAddress.Loopback, 0));
        if (Socket.OSSupportsIPv6)
        {
            Add("tcp6", SocketType.Stream, new IPEndPoint(IPAddress.IPv6Loopback, 0));
            Add("udp6", SocketType.Dgram, new IPEndPoint(IPAddress.IPv6Loopback, 0));
        }

        foreach (var (kind, type) in new[] { ("stream", SocketType.Stream), ("datagram", SocketType.Dgram) })
        {
            var path = Path.Combine(folder, $"{kind}.socket");
            Add($"unix-{kind}", type, new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
            Add($"abstract-{kind}", type, new UnixDomainSocketEndPoint($"\0{name}-{kind}"));
        }
    }

    /// <summary>Port of each that has one; 0 where this host has no such address.</summary>
    public int Port(string kind) => _sockets.TryGetValue(kind, out var socket) ? ((IPEndPoint)socket.LocalEndPoint!).Port : 0;

    /// <summary>What arrived since it was last asked.</summary>
    public IEnumerable<string> Effects()
    {
        foreach (var (kind, socket) in _sockets)
        {
            while (socket.Poll(0, SelectMode.SelectRead))
            {
                if (socket.SocketType == SocketType.Stream)
                    socket.Accept().Dispose();
                else
                    socket.Receive(new byte[1500]);
                yield return $"the listener {kind} heard something";
            }
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets.Values)
            socket.Dispose();
    }

    private void Add(string kind, SocketType type, EndPoint at)
    {
        var socket = new Socket(at.AddressFamily, type, ProtocolType.Unspecified);
        try
        {
            socket.Bind(at);
            if (type == SocketType.Stream)
                socket.Listen(Backlog);
            _sockets.Add(kind, socket);
        }
        catch (SocketException) when (at.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.Dispose(); // Compiled in, but switched off.
        }
    }
}
