using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using LLMos.Server.Devices.Lines;
using LLMos.Server.Foundation.Errors;
using Microsoft.AspNetCore.SignalR.Client;

namespace LLMos.Server.Devices.Lent;

/// <summary>Lends a port of this machine to a server somewhere else, through as many connections as it takes.</summary>
internal sealed class PortLender : ILineListener, IDisposable
{
    // Six minutes at 115,200 baud.
    private const int KeptBytes = 4 * 1024 * 1024, MostReport = 32 * 1024;

    private readonly DeviceIdentity _identity;
    private readonly PortLine _line;
    private readonly ReceivedRing _received = new(KeptBytes);
    private readonly ConcurrentQueue<LentReport> _answers = new();
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly string _epoch = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly string _key;
    private volatile string? _gone;
    private long _done, _sent;

    /// <param name="machine">Another for each machine: two may have ports of the same name.</param>
    /// <exception cref="IOException">The port cannot be opened.</exception>
    public PortLender(DeviceIdentity identity, string machine, TimeProvider time)
    {
        _identity = identity;
        _key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{machine}\n{identity.Id}")))[..32];
        _line = PortLine.Open(identity.Path!, new(), this, time);
    }

    /// <summary>Whether the port has ended, and the server cannot be told more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Lends until the connection is lost, or the port ends.</summary>
    /// <param name="lent">Told what the device is called there.</param>
    /// <exception cref="Exception">Whatever ends a connection.</exception>
    public async Task ServeAsync(HubConnection connection, Action<string> lent, CancellationToken cancellation)
    {
        var from = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var port = new LentPort(_key, _epoch, _identity.Title[..Math.Min(64, _identity.Title.Length)], _identity.Usb, _done, _received.First, Volatile.Read(ref _sent));
        _answers.Clear();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await foreach (var order in connection.StreamAsync<LineOrder>(nameof(DeviceHub.Lend), port, ReportsAsync(from.Task, over.Token), cancellation))
            {
                if (order.Kind == LineOrder.Lent)
                {
                    lent(order.DeviceId!);
                    from.TrySetResult(order.Offset);
                    continue;
                }

                var error = await CarryOutAsync(order);
                _done = order.Number;
                _answers.Enqueue(new(LentReport.Done, Number: order.Number, Error: error));
                Wake();
            }
        }
        finally
        {
            await over.CancelAsync();
        }

        IsOver |= _gone is not null;
    }

    public void Dispose() => _line.Dispose();

    // Whether somebody talks with the board is known at the server only.
    bool ILineListener.IsHurried => true;

    void ILineListener.Received(ReadOnlySpan<byte> bytes)
    {
        _received.Add(bytes);
        Wake();
    }

    void ILineListener.Missed(string what)
    {
        // A port of this machine misses nothing that it knows of.
    }

    void ILineListener.Unreachable(string? why)
    {
        // Nor is it ever away.
    }

    void ILineListener.Gone(string why)
    {
        _gone = why;
        Wake();
    }

    private async IAsyncEnumerable<LentReport> ReportsAsync(Task<long> from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var next = await from.WaitAsync(cancellation);
        while (!cancellation.IsCancellationRequested)
        {
            while (_answers.TryDequeue(out var answer))
                yield return answer;
            // Looked at before the last bytes are, which came before it.
            var gone = _gone;
            var (offset, bytes) = _received.Read(next, MostReport);
            next = offset + bytes.Length;
            if (bytes.Length > 0)
            {
                // Before it is sent: what may have arrived is not sent to a server that does not know.
                Volatile.Write(ref _sent, Math.Max(_sent, next));
                yield return new(LentReport.Received, offset, bytes);
                continue;
            }

            if (gone is not null)
            {
                yield return new(LentReport.Gone, Error: gone);
                yield break;
            }

            await _news.Reader.ReadAsync(cancellation);
        }
    }

    private async Task<string?> CarryOutAsync(LineOrder order)
    {
        try
        {
            switch (order.Kind)
            {
                case LineOrder.Write:
                    await _line.WriteAsync(order.Data);
                    return null;
                case LineOrder.Configure:
                    await _line.ConfigureAsync(SettingNames.Read(order.Settings!));
                    return null;
                case LineOrder.Signal:
                    await _line.SetAsync(new(order.Dtr, order.Rts, order.Break));
                    return null;
                default:
                    return $"'{order.Kind}' is not known here.";
            }
        }
        catch (DomainException refusal)
        {
            return refusal.Error.Detail;
        }
    }

    // One that is not yet taken says as much as two.
    private void Wake() => _news.Writer.TryWrite(true);
}
