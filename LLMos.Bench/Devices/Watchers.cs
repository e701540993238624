using System.Net.Sockets;
using LLMos.Server.Devices;
using Microsoft.AspNetCore.SignalR.Client;

namespace LLMos.Bench.Devices;

/// <summary>Many who watch one board; each must get every byte, in order.</summary>
internal sealed class Watchers : IAsyncDisposable
{
    private readonly List<Func<ValueTask>> _close = [];
    private readonly List<Task<long>> _counts = [];
    private readonly CancellationTokenSource _over;

    private Watchers(CancellationToken cancellation) => _over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

    public static async Task<Watchers> OverHubAsync(Person person, string device, int count, long bytes, CancellationToken cancellation)
    {
        var watchers = new Watchers(cancellation);
        var from = (await person.DeviceAsync(device, cancellation)).Sequence;
        for (var number = 0; number < count; number++)
        {
            var hub = await person.ConnectAsync("/hubs/devices", cancellation);
            watchers._close.Add(hub.DisposeAsync);
            watchers._counts.Add(FollowAsync(hub));
        }

        return watchers;

        async Task<long> FollowAsync(HubConnection hub)
        {
            var place = 0L;
            try
            {
                await foreach (var events in hub.StreamAsync<DeviceEvent[]>("Watch", device, (long?)from, watchers._over.Token))
                {
                    foreach (var happened in events.Where(happened => happened.Kind == "received"))
                        place = Check(happened.Data, place);
                    if (place >= bytes)
                        break;
                }
            }
            catch (OperationCanceledException)
            {
                // The time is over: what came is what counts.
            }

            return place;
        }
    }

    public static async Task<Watchers> OverSocketsAsync(Ser2net peer, int count, long bytes, CancellationToken cancellation)
    {
        var watchers = new Watchers(cancellation);
        for (var number = 0; number < count; number++)
        {
            var socket = await peer.ConnectAsync(cancellation);
            watchers._close.Add(() =>
            {
                socket.Dispose();
                return ValueTask.CompletedTask;
            });
            watchers._counts.Add(FollowAsync(socket));
        }

        return watchers;

        async Task<long> FollowAsync(Socket socket)
        {
            var (place, buffer) = (0L, new byte[64 * 1024]);
            try
            {
                while (place < bytes && await socket.ReceiveAsync(buffer, watchers._over.Token) is > 0 and var count)
                    place = Check(buffer.AsSpan(0, count), place);
            }
            catch (OperationCanceledException)
            {
                // The time is over: what came is what counts.
            }

            return place;
        }
    }

    /// <summary>How many bytes each has got; those that take longer than the patience have fewer.</summary>
    public async Task<IReadOnlyList<long>> CountAsync(TimeSpan patience)
    {
        _over.CancelAfter(patience);
        return await Task.WhenAll(_counts);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        foreach (var close in _close)
            await close();
        _over.Dispose();
    }

    private static long Check(ReadOnlySpan<byte> bytes, long place)
    {
        foreach (var one in bytes)
        {
            if (one != Board.At(place++))
                throw new BenchException($"A watcher got another byte than was sent at place {place - 1}.");
        }

        return place;
    }
}
