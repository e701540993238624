using System.Net;
using System.Net.Sockets;

namespace LLMos.Bench.Devices;

/// <summary>The peer: Debian's ser2net on one pseudo terminal.</summary>
internal sealed class Ser2net : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50), Patience = TimeSpan.FromSeconds(10);

    private readonly string _configuration;
    private readonly ChildProcess _process;

    private Ser2net(string configuration, int port)
    {
        (_configuration, Port) = (configuration, port);
        _process = ChildProcess.Start(["ser2net", "-n", "-u", "-c", configuration], [KeyValuePair.Create("PATH", "/usr/sbin:/usr/bin:/bin")]);
    }

    public int ProcessId => _process.Id;

    private int Port { get; }

    /// <param name="isTelnet">RFC 2217; otherwise bytes as they are.</param>
    /// <param name="gathers">As it comes: it waits for more characters before it sends. Otherwise <c>chardelay: false</c>.</param>
    public static async Task<Ser2net> StartAsync(string folder, PseudoTerminal terminal, bool isTelnet, bool gathers, CancellationToken cancellation)
    {
        var port = BenchServer.FreePort();
        var configuration = Path.Combine(folder, $"ser2net-{port}.yaml");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            connection: &bench
              accepter: {(isTelnet ? "telnet(rfc2217)" : "")}{(isTelnet ? "," : "")}tcp,127.0.0.1,{port}
              connector: serialdev,{terminal.Path},115200n81,local
              options:
                max-connections: 60
                chardelay: {(gathers ? "true" : "false")}

            """,
            cancellation);
        var peer = new Ser2net(configuration, port);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        while (true)
        {
            try
            {
                using var trial = await peer.ConnectAsync(patience.Token);
                break;
            }
            catch (SocketException)
            {
                if (peer._process.HasEnded)
                    throw new BenchException("ser2net ended as it started.");
                await Task.Delay(Poll, patience.Token);
            }
        }

        return peer;
    }

    public async Task<Socket> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Port, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Terminate();
        _process.Wait();
        File.Delete(_configuration);
    }
}
