using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace LLMos.Server.Devices.Lines.Virtual;

/// <summary>A board made of code: boots, logs, resets by its lines as the usual two transistors do, is flashed by its ROM's loader, and speaks the JSON protocol.</summary>
/// <remarks>Bytes take the time that they take at the line's speed; who speaks at another speed than it gets and sends rubbish.</remarks>
internal sealed class VirtualEsp32 : ILine
{
    private const int ApplicationSpeed = 115_200, BitsPerByte = 10, PieceBytes = 256;

    // As much as the line may be ahead of its time, which a timer's steps are.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(4);

    private readonly Channel<Func<Task>> _work = Channel.CreateBounded<Func<Task>>(64);
    private readonly Channel<(byte[] Bytes, int Speed)> _output = Channel.CreateBounded<(byte[] Bytes, int Speed)>(256);
    private readonly Queue<(byte[] Bytes, int Speed)> _said = new();
    private readonly CancellationTokenSource _off = new();
    private readonly FlashChip _flash = new();
    private readonly ILineListener _listener;
    private readonly TimeProvider _time;
    private readonly LineClock _in, _out;
    private readonly int _number;
    private readonly string _address;
    private BoardApplication _application = null!;
    private RomLoader? _loader;
    private ITimer? _telemetry;
    private long _booted;
    private volatile int _hostSpeed;
    private bool _dtr, _rts, _isHeld;

    /// <param name="number">Which of several; part of its hardware address.</param>
    public VirtualEsp32(int number, LineSettings settings, ILineListener listener, TimeProvider time)
    {
        (_number, _listener, _time, _in, _out) = (number, listener, time, new(time), new(time));
        _address = string.Create(CultureInfo.InvariantCulture, $"02:00:00:00:00:{number:x2}");
        _hostSpeed = settings.BaudRate;
        _work.Writer.TryWrite(Now(() => Boot("POWERON_RESET", "0x1", loader: false)));
        // Not on the caller's thread, who has not got it yet.
        _ = Task.Run(LiveAsync);
        _ = Task.Run(SendAsync);
    }

    public Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var (copy, speed) = (bytes.ToArray(), _hostSpeed);
        return DoAsync(async () =>
        {
            for (var rest = copy.AsMemory(); !rest.IsEmpty; rest = rest[Math.Min(PieceBytes, rest.Length)..])
            {
                var piece = rest[..Math.Min(PieceBytes, rest.Length)];
                await _in.PassAsync(piece.Length, speed, _off.Token);
                Take(piece.Span, speed);
                await SayAsync();
            }
        });
    }

    public Task ConfigureAsync(LineSettings settings)
    {
        _hostSpeed = settings.BaudRate;
        return Task.CompletedTask;
    }

    // What was written has passed.
    public Task<int> DrainAsync(TimeSpan longest) => Task.FromResult(0);

    public Task SetAsync(LineSignals signals) => DoAsync(Now(() => Take(signals)));

    public void Dispose()
    {
        _work.Writer.TryComplete();
        _output.Writer.TryComplete();
        _off.Cancel();
    }

    private static Func<Task> Now(Action work) => () =>
    {
        work();
        return Task.CompletedTask;
    };

    private async Task DoAsync(Func<Task> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _work.Writer.WriteAsync(
                async () =>
                {
                    try
                    {
                        await work();
                        done.TrySetResult();
                    }
                    catch
                    {
                        // It lives no more, which is told to who waits, and to who has it with the reason.
                        done.TrySetException(DeviceErrors.Gone());
                        throw;
                    }
                },
                _off.Token);
            await done.Task.WaitAsync(_off.Token);
        }
        catch (Exception ended) when (ended is ChannelClosedException or OperationCanceledException)
        {
            throw DeviceErrors.Gone();
        }
    }

    private async Task LiveAsync()
    {
        try
        {
            await foreach (var work in _work.Reader.ReadAllAsync(_off.Token))
            {
                await work();
                await SayAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // It is switched off.
        }
        catch (Exception bug)
        {
            Fail(bug);
        }
        finally
        {
            if (_telemetry is not null)
                await _telemetry.DisposeAsync();
        }
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (var (bytes, speed) in _output.Reader.ReadAllAsync(_off.Token))
            {
                for (var rest = bytes.AsMemory(); !rest.IsEmpty; rest = rest[Math.Min(PieceBytes, rest.Length)..])
                {
                    var piece = rest[..Math.Min(PieceBytes, rest.Length)];
                    _listener.Received(speed == _hostSpeed ? piece.Span : Garbled(piece.Span));
                    await _out.PassAsync(piece.Length, speed, _off.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is switched off.
        }
        catch (Exception bug)
        {
            Fail(bug);
        }
    }

    // One that is half alive would take what is written to it, and hang.
    private void Fail(Exception bug)
    {
        if (_off.IsCancellationRequested)
            return;
        Dispose();
        _listener.Gone($"its code failed: {bug.Message}");
    }

    // The chip is held in reset while RTS alone is asserted; when it is let go, pin 0 chooses, which DTR alone pulls down.
    private void Take(LineSignals signals)
    {
        (_dtr, _rts) = (signals.Dtr ?? _dtr, signals.Rts ?? _rts);
        if (_rts && !_dtr)
        {
            _isHeld = true;
        }
        else if (_isHeld)
        {
            _isHeld = false;
            Boot("POWERON_RESET", "0x1", loader: _dtr && !_rts);
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, int speed)
    {
        if (_isHeld)
            return;
        foreach (var one in speed == Speed ? bytes : Garbled(bytes))
        {
            if (_loader is { } loader)
            {
                loader.Take(one);
                if (loader.IsOver)
                    Boot("SW_CPU_RESET", "0xc", loader: false);
                continue;
            }

            _application.Take(one);
            if (_application.Restart is var (reason, code))
                Boot(reason, code, loader: false);
        }
    }

    private void Boot(string reason, string code, bool loader)
    {
        _booted = _time.GetTimestamp();
        Repeat(null);
        _loader = loader ? new(_flash, _number, bytes => Send(bytes)) : null;
        _application = new(_address, () => _time.GetElapsedTime(_booted).TotalMilliseconds, Print, Repeat);
        Print("ets Jul 29 2019 12:21:46\r\n\r\n");
        if (loader)
        {
            Print($"rst:{code} ({reason}),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n");
            return;
        }

        Print($"rst:{code} ({reason}),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nmode:DIO, clock div:2\r\nentry 0x400805e4\r\nI (31) boot: ESP-IDF virtual 2nd stage bootloader\r\n");
        if (_flash.Image is var (address, length))
            Print(string.Create(CultureInfo.InvariantCulture, $"I (52) boot: image of {length} bytes at 0x{address:x}, MD5 {Convert.ToHexStringLower(_flash.Md5(address, length))}\r\n"));
        Print("I (312) main_task: Calling app_main()\r\nI (320) llmos: ready, newline-delimited JSON at 115200\r\n");
    }

    private void Repeat((TimeSpan Every, int Times)? what)
    {
        _telemetry?.Dispose();
        _telemetry = null;
        if (what is not var (every, times))
            return;
        var (application, measured) = (_application, 0);
        _telemetry = _time.CreateTimer(_ => _work.Writer.TryWrite(Now(Measure)), null, every, every);

        void Measure()
        {
            // It may have been waiting while the board was restarted.
            if (application != _application || measured == times)
                return;
            application.Measure(measured++);
            if (measured == times)
                Repeat(null);
        }
    }

    private int Speed => _loader?.Speed ?? ApplicationSpeed;

    private void Print(string text) => Send(Encoding.UTF8.GetBytes(text));

    private void Send(byte[] bytes) => _said.Enqueue((bytes, Speed));

    // A chip that prints waits for its line, and takes nothing meanwhile.
    private async Task SayAsync()
    {
        while (_said.TryDequeue(out var said))
            await _output.Writer.WriteAsync(said, _off.Token);
    }

    /// <summary>What bits become that are looked at in the wrong moments: other ones, and mostly not text.</summary>
    private static byte[] Garbled(ReadOnlySpan<byte> bytes)
    {
        var garbled = new byte[bytes.Length];
        for (var at = 0; at < garbled.Length; at++)
            garbled[at] = (byte)((bytes[at] << 3) ^ (bytes[at] >> 2) ^ 0xE5);
        return garbled;
    }

    /// <summary>One way of the line: bytes pass it no faster than at its speed.</summary>
    private sealed class LineClock(TimeProvider time)
    {
        private long _free = time.GetTimestamp();

        public async Task PassAsync(int bytes, int speed, CancellationToken cancellation)
        {
            var now = time.GetTimestamp();
            _free = Math.Max(now - (long)(Slack.TotalSeconds * time.TimestampFrequency), _free) + (long)((double)bytes * BitsPerByte / speed * time.TimestampFrequency);
            var ahead = time.GetElapsedTime(now, _free);
            if (ahead > Slack)
                await Task.Delay(ahead, time, cancellation);
        }
    }
}
