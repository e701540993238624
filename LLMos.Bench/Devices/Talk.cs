using System.Net.Sockets;
using System.Threading.Channels;
using LLMos.Server.Devices;
using Microsoft.AspNetCore.SignalR.Client;

namespace LLMos.Bench.Devices;

/// <summary>One client that talks with a board, by whatever way.</summary>
internal sealed class Talk(Func<byte[], Task> send, Func<Memory<byte>, Task<int>> receive, Func<ValueTask> close) : IAsyncDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>Sends so many bytes and waits until as many have come back.</summary>
    public async Task EchoAsync(byte[] bytes)
    {
        // They may be back before whoever sends has been told that they were taken.
        var sending = send(bytes);
        for (var left = bytes.Length; left > 0;)
        {
            var count = await receive(_buffer);
            left -= count > 0 ? count : throw new BenchException("The line ended in the middle of an echo.");
        }

        await sending;
    }

    public ValueTask DisposeAsync() => close();

    /// <summary>Over the hub, with the lease.</summary>
    public static async Task<Talk> OverHubAsync(Person person, string device, CancellationToken cancellation)
    {
        var hub = await person.ConnectAsync("/hubs/devices", cancellation);
        var lease = await hub.InvokeAsync<LeaseAnswer>("TakeLease", device, new LeaseRequest(), cancellation);
        var arrived = Channel.CreateUnbounded<int>();
        var following = FollowAsync();
        return new(
            bytes => hub.InvokeAsync("Write", device, lease.LeaseId, bytes, cancellation),
            async _ => await arrived.Reader.ReadAsync(cancellation),
            async () =>
            {
                await hub.InvokeAsync("ReleaseLease", device, lease.LeaseId, cancellation);
                await hub.DisposeAsync();
                await following;
            });

        async Task FollowAsync()
        {
            try
            {
                await foreach (var events in hub.StreamAsync<DeviceEvent[]>("Watch", device, (long?)null, cancellation))
                {
                    foreach (var happened in events.Where(happened => happened.Kind == "received"))
                        arrived.Writer.TryWrite(happened.Data!.Length);
                }
            }
            catch (Exception closed) when (closed is OperationCanceledException or InvalidOperationException)
            {
                // It was closed under it.
            }
        }
    }

    /// <summary>Over a socket; Telnet's own words are left out.</summary>
    public static Talk OverSocket(Socket socket, bool isTelnet)
    {
        var words = new TelnetWords();
        return new(
            async bytes => await socket.SendAsync(bytes),
            async buffer =>
            {
                while (true)
                {
                    var count = await socket.ReceiveAsync(buffer);
                    if (count == 0 || !isTelnet)
                        return count;
                    if (words.CountData(buffer.Span[..count]) is > 0 and var data)
                        return data;
                }
            },
            () =>
            {
                socket.Dispose();
                return ValueTask.CompletedTask;
            });
    }

    /// <summary>Tells data from what Telnet says beside it.</summary>
    private sealed class TelnetWords
    {
        private const byte Command = 0xFF, Begin = 0xFA, End = 0xF0, Will = 0xFB;
        private int _state;

        // 0 data, 1 after IAC, 2 the option of a negotiation, 3 in a subnegotiation, 4 in it after IAC.
        public int CountData(ReadOnlySpan<byte> bytes)
        {
            var data = 0;
            foreach (var one in bytes)
            {
                (_state, var isData) = (_state, one) switch
                {
                    (0, Command) => (1, false),
                    (0, _) => (0, true),
                    (1, Command) => (0, true),
                    (1, Begin) => (3, false),
                    (1, >= Will) => (2, false),
                    (1 or 2, _) => (0, false),
                    (3, Command) => (4, false),
                    (4, End) => (0, false),
                    _ => (3, false),
                };
                data += isData ? 1 : 0;
            }

            return data;
        }
    }
}
