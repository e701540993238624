using System.Buffers.Binary;
using System.IO.Ports;
using System.Net.Sockets;
using LLMos.Server.Accounts;
using LLMos.Server.Devices.Lines;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Devices.Rfc2217;

/// <summary>One client of RFC 2217 on a device: pyserial, esptool, a monitor. It has its holder's lease, and nothing without it.</summary>
internal sealed class Rfc2217Connection(Socket socket, Device device, Caller caller, string lease, TimeProvider time) : IDisposable
{
    private const int ReplyOffset = 100;

    // The modem lines that a client reads; nothing measures them here: carrier, data set ready, clear to send.
    private const byte ModemState = 0x80 | 0x20 | 0x10;

    private static readonly TimeSpan HoldLongest = TimeSpan.FromMilliseconds(500), SendLongest = TimeSpan.FromSeconds(10), GreetLongest = TimeSpan.FromSeconds(5);

    // Seconds: a client that has vanished is asked after 10, then every 5; what it does not acknowledge for as long ends it too.
    private const int KeepAliveAfter = 10, KeepAliveEvery = 5, KeepAliveTimes = 3;
    private const int TcpLevel = 6, TcpUserTimeout = 18;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly TelnetDecoder _decoder = new();

    // What the greeting has heard.
    private List<TelnetItem> _heard = [];
    private readonly SemaphoreSlim _sending = new(1);
    private readonly HashSet<(byte, byte)> _answered = [];
    private LineControl _lines = null!;
    private CancellationTokenSource? _telling;
    private bool _isSuspended, _isPurged, _hasToldLines;

    /// <summary>Makes sure that it is telnet: every tool that speaks RFC 2217 negotiates first. A browser, which any web page may send here, speaks HTTP.</summary>
    /// <returns>What is wrong; null: it may be served.</returns>
    /// <exception cref="SocketException">The client has gone.</exception>
    public async Task<string?> GreetAsync(CancellationToken cancellation)
    {
        socket.NoDelay = true;
        using var patience = new CancellationTokenSource(GreetLongest, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        await SendAsync([
            Telnet.Iac, Telnet.Will, Telnet.Binary, Telnet.Iac, Telnet.Do, Telnet.Binary, Telnet.Iac, Telnet.Will, Telnet.SuppressGoAhead, Telnet.Iac, Telnet.Will, Telnet.Echo,
            Telnet.Iac, Telnet.Do, Telnet.SuppressGoAhead, Telnet.Iac, Telnet.Do, Telnet.ComPort], cancellation);
        try
        {
            while (_heard.Count == 0)
            {
                var count = await socket.ReceiveAsync(_buffer, both.Token);
                if (count == 0)
                    return "negotiated nothing";
                _heard = _decoder.Take(_buffer.AsSpan(0, count));
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "negotiated nothing for 5 s";
        }

        return _heard[0].Verb == 0 ? "spoke no telnet" : null;
    }

    /// <summary>Says that somebody is there, which a person at a terminal can read.</summary>
    public Task RefuseAsync(CancellationToken cancellation) => SendAsync("Another client has this port.\r\n"u8.ToArray(), cancellation);

    /// <summary>Serves until the client hangs up, the lease ends, or the device is gone.</summary>
    public async Task ServeAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _lines = new(SetLinesAsync);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveAfter);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveEvery);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveTimes);
        socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes((KeepAliveAfter + (KeepAliveEvery * KeepAliveTimes)) * 1000));
        var telling = TellAsync(ending.Token);
        try
        {
            await HearAsync(ending.Token);
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException or DomainException)
        {
            // The client has gone, or may not go on: the connection's end is all that the protocol can say.
        }
        finally
        {
            await ending.CancelAsync();
            await telling;
        }
    }

    public void Dispose() => _sending.Dispose();

    private async Task HearAsync(CancellationToken cancellation)
    {
        while (true)
        {
            foreach (var item in _heard)
                await DoAsync(item, cancellation);
            _heard = [];
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            if (_lines.IsHeld)
                patience.CancelAfter(HoldLongest);
            int count;
            try
            {
                count = await socket.ReceiveAsync(_buffer, patience.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                await _lines.ReleaseAsync();
                continue;
            }

            if (count == 0)
                return;
            _heard = _decoder.Take(_buffer.AsSpan(0, count));
        }
    }

    private Task DoAsync(TelnetItem item, CancellationToken cancellation) => item switch
    {
        { Verb: 0 } => device.WriteAsync(caller, lease, item.Bytes),
        { Verb: Telnet.Sub, Option: Telnet.ComPort, Bytes.Length: > 0 } => CommandAsync(item.Bytes[0], item.Bytes.AsMemory(1), cancellation),
        { Verb: Telnet.Sub } => Task.CompletedTask,
        _ => NegotiateAsync(item, cancellation),
    };

    // Each wish is answered once: two sides that answer answers would never end.
    private async Task NegotiateAsync(TelnetItem item, CancellationToken cancellation)
    {
        if (!_answered.Add((item.Verb, item.Option)))
            return;
        await AnswerAsync(item, cancellation);
        if (item is not { Verb: Telnet.Will or Telnet.Do, Option: Telnet.ComPort } || _hasToldLines)
            return;
        // Without being asked, as the others do: clients have no other way to know the lines.
        _hasToldLines = true;
        await ReplyAsync(7, [ModemState], cancellation);
    }

    private Task AnswerAsync(TelnetItem item, CancellationToken cancellation)
    {
        var known = item.Option is Telnet.Binary or Telnet.SuppressGoAhead or Telnet.ComPort;
        return item.Verb switch
        {
            Telnet.Will when item.Option is Telnet.Binary or Telnet.SuppressGoAhead => Task.CompletedTask,
            Telnet.Will => SendAsync([Telnet.Iac, known ? Telnet.Do : Telnet.Dont, item.Option], cancellation),
            // Offered in the greeting. Who is offered the echo leaves it to the board, instead of showing each key twice.
            Telnet.Do when item.Option is Telnet.Binary or Telnet.SuppressGoAhead or Telnet.Echo => Task.CompletedTask,
            Telnet.Do => SendAsync([Telnet.Iac, known ? Telnet.Will : Telnet.Wont, item.Option], cancellation),
            _ => Task.CompletedTask,
        };
    }

    private async Task CommandAsync(byte code, ReadOnlyMemory<byte> value, CancellationToken cancellation)
    {
        switch (code)
        {
            case 0:
                await ReplyAsync(code, "LLMos"u8.ToArray(), cancellation);
                break;
            case 1 when value.Length == 4:
                await ConfigureAsync(BinaryPrimitives.ReadUInt32BigEndian(value.Span) is var rate and > 0 and <= int.MaxValue ? device.Settings with { BaudRate = (int)rate } : device.Settings);
                var actual = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(actual, device.Settings.BaudRate);
                await ReplyAsync(code, actual, cancellation);
                break;
            case 2 when value.Length == 1:
                await ConfigureAsync(value.Span[0] is var bits and not 0 ? device.Settings with { DataBits = bits } : device.Settings);
                await ReplyAsync(code, [(byte)device.Settings.DataBits], cancellation);
                break;
            case 3 when value.Length == 1:
                // 1 none to 5 space: one more than System.IO.Ports' own numbers.
                await ConfigureAsync(value.Span[0] is var parity and >= 1 and <= 5 ? device.Settings with { Parity = (Parity)(parity - 1) } : device.Settings);
                await ReplyAsync(code, [(byte)(device.Settings.Parity + 1)], cancellation);
                break;
            case 4 when value.Length == 1:
                // 1, 2, and 3 for one and a half: System.IO.Ports' own numbers.
                await ConfigureAsync(value.Span[0] is var stops and >= 1 and <= 3 ? device.Settings with { StopBits = (StopBits)stops } : device.Settings);
                await ReplyAsync(code, [(byte)device.Settings.StopBits], cancellation);
                break;
            case 5 when value.Length == 1:
                await ReplyAsync(code, [await ControlAsync(value.Span[0])], cancellation);
                break;
            case 6:
                await ReplyAsync(code, [0], cancellation);
                break;
            case 7:
                await ReplyAsync(code, [ModemState], cancellation);
                break;
            case 8 or 9:
                _isSuspended = code == 8;
                await TellAnewAsync();
                break;
            case 10 or 11 when value.Length == 1:
                await ReplyAsync(code, [value.Span[0]], cancellation);
                if (code == 11)
                    await ReplyAsync(7, [ModemState], cancellation);
                break;
            case 12 when value.Length == 1:
                // What the board sent before is not for this client any more.
                _isPurged = (value.Span[0] & 1) != 0;
                await TellAnewAsync();
                await ReplyAsync(code, [value.Span[0]], cancellation);
                break;
            default:
                break;
        }
    }

    /// <returns>What holds now, in the same words.</returns>
    private async Task<byte> ControlAsync(byte wish)
    {
        switch (wish)
        {
            case 1 or 2 or 3:
                await ConfigureAsync(device.Settings with { FlowControl = wish switch { 2 => Handshake.XOnXOff, 3 => Handshake.RequestToSend, _ => Handshake.None } });
                return Flow();
            case 0:
                return Flow();
            case 13:
                // The same the other way, which has numbers of its own.
                return (byte)(Flow() + 13);
            case 5 or 6:
                await SetLinesAsync(new(Break: wish == 5));
                return wish;
            case 4:
                return 6;
            case 8 or 9:
                await _lines.SetDtrAsync(wish == 8);
                return wish;
            case 11 or 12:
                await _lines.SetRtsAsync(wish == 11);
                return wish;
            case 7:
                return (byte)(_lines.Dtr ? 8 : 9);
            case 10:
                return (byte)(_lines.Rts ? 11 : 12);
            default:
                return wish;
        }
    }

    private byte Flow() => device.Settings.FlowControl switch { Handshake.XOnXOff => 2, Handshake.RequestToSend => 3, _ => 1 };

    // A client is told what holds, not why its wish does not.
    private async Task ConfigureAsync(LineSettings wish)
    {
        if (wish == device.Settings)
            return;
        try
        {
            await device.ConfigureAsync(caller, lease, wish);
        }
        catch (DomainException refusal) when (refusal.Error.Code is "devices.setting_invalid" or "devices.setting_refused")
        {
            // The reply has what holds.
        }
    }

    private async Task SetLinesAsync(LineSignals signals)
    {
        try
        {
            await device.SignalAsync(caller, lease, signals);
        }
        catch (DomainException refusal) when (refusal.Error.Code == "devices.signals_unsupported")
        {
            // Clients move them whenever they open; on a line without them it means nothing.
        }
    }

    private Task ReplyAsync(byte code, byte[] value, CancellationToken cancellation) =>
        SendAsync([Telnet.Iac, Telnet.Sub, Telnet.ComPort, (byte)(code + ReplyOffset), .. Telnet.Escape(value), Telnet.Iac, Telnet.End], cancellation);

    /// <summary>Sends what the board sends.</summary>
    private async Task TellAsync(CancellationToken cancellation)
    {
        var after = device.Log.Last;
        try
        {
            while (true)
            {
                using var telling = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                Volatile.Write(ref _telling, telling);
                if (Interlocked.Exchange(ref _isPurged, false))
                    after = device.Log.Last;
                try
                {
                    if (Volatile.Read(ref _isSuspended))
                        await Task.Delay(Timeout.InfiniteTimeSpan, time, telling.Token);
                    await foreach (var happened in WithoutBatches(device.Log.WatchAsync(after, () => true, admit: null, telling.Token)))
                    {
                        if (happened.Kind == "received")
                            await SendAsync(Telnet.Escape(happened.Data), cancellation);
                        after = happened.Sequence;
                    }

                    return;
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    // From elsewhere again, or not at all for a while.
                }
                finally
                {
                    Volatile.Write(ref _telling, null);
                }
            }
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other direction sees it too and ends the connection.
        }
    }

    private async Task TellAnewAsync()
    {
        try
        {
            if (Volatile.Read(ref _telling) is { } telling)
                await telling.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It begins anew just now.
        }
    }

    private static async IAsyncEnumerable<DeviceEvent> WithoutBatches(IAsyncEnumerable<DeviceEvent[]> batches)
    {
        await foreach (var batch in batches)
        {
            foreach (var happened in batch)
                yield return happened;
        }
    }

    private async Task SendAsync(byte[] bytes, CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            using var patience = new CancellationTokenSource(SendLongest, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
            for (var rest = bytes.AsMemory(); !rest.IsEmpty;)
                rest = rest[await socket.SendAsync(rest, both.Token)..];
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // It takes nothing any more, and would keep the lease for ever. Who hears it sees this as its end.
            socket.Close(0);
            throw new SocketException((int)SocketError.TimedOut);
        }
        finally
        {
            _sending.Release();
        }
    }
}
