using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace LLMos.Tests.Devices;

/// <summary>A cable of the network between a client and a server, which a test cuts.</summary>
internal sealed class CutCable : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _ends = [];
    private readonly Uri _server;

    public CutCable(Uri server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>How often something was connected through it.</summary>
    public int Connections => _ends.Count / 2;

    /// <summary>Ends every connection, in the middle of whatever it carries; new ones go through.</summary>
    public void Cut()
    {
        foreach (var end in _ends)
        {
            // With a reset, not with a farewell. One that is cut already has no socket any more.
            end.Client?.Close(0);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                var server = new TcpClient();
                await server.ConnectAsync(_server.Host, _server.Port);
                _ends.Add(client);
                _ends.Add(server);
                _ = CarryAsync(client, server);
                _ = CarryAsync(server, client);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task CarryAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception cut) when (cut is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            from.Close();
            to.Close();
        }
    }
}
