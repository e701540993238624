using System.IO.Ports;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Devices.Lines;

/// <summary>A serial port of this machine.</summary>
/// <remarks>
/// System.IO.Ports opens, sets and closes it. Bytes go past it, by a thread of their own on the same descriptor: its reads
/// are found by polling each millisecond (1.1 ms for an echo, 4 % of a core for an idle port), a cancelled read loses what it
/// had fetched, a close hangs behind a blocked write, and of an unplugged board only the first read is told.
/// </remarks>
internal sealed class PortLine : ILine
{
    // A board at 115,200 baud is read 700 times a second otherwise, 16 bytes each.
    private const int ReadBytes = 64 * 1024, ShortBytes = 1024, GatherMilliseconds = 4;
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(5), DrainStep = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private readonly ILineListener _listener;
    private readonly TimeProvider _time;
    private readonly SerialPort _port;
    private readonly SafeFileHandle _line, _bell;

    // What the kernel has not taken yet, and who waits for it.
    private ReadOnlyMemory<byte> _rest;
    private TaskCompletionSource? _written;
    private bool _closing, _gone;

    private PortLine(SerialPort port, SafeFileHandle line, ILineListener listener, TimeProvider time)
    {
        (_port, _line, _listener, _time) = (port, line, listener, time);
        _bell = TerminalCalls.Event();
        new Thread(Serve) { Name = $"serial {port.PortName}", IsBackground = true }.Start();
    }

    /// <summary>Opens a port without resetting the board behind it.</summary>
    /// <param name="path">An administrator's word or found below <c>/dev</c>, never a client's.</param>
    /// <exception cref="IOException">It is missing, busy, or no serial port.</exception>
    public static PortLine Open(string path, LineSettings settings, ILineListener listener, TimeProvider time)
    {
        var port = new SerialPort(path);
        try
        {
            var line = Open(port);
            Apply(port, settings);
            TerminalCalls.KeepLinesOnClose(line);
            // An ESP32 is reset while RTS is asserted and DTR is not: RTS goes first.
            if (TerminalCalls.SetModemLines(line, new(Rts: false)))
                TerminalCalls.SetModemLines(line, new(Dtr: false));
            return new(port, line, listener, time);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            port.Dispose();
            throw new IOException(File.Exists(path) ? $"{path} cannot be opened: {failure.InnerException?.Message ?? failure.Message}" : $"{path} is not there.", failure);
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        Task written;
        lock (_gate)
        {
            ThrowIfGone();
            try
            {
                _rest = bytes[WriteSome(bytes.Span)..];
            }
            catch (IOException)
            {
                // Its thread is about to see the same and tells why.
                throw DeviceErrors.Gone();
            }

            if (_rest.IsEmpty)
                return;
            written = (_written = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            TerminalCalls.Ring(_bell);
        }

        try
        {
            await written.WaitAsync(WriteTimeout, _time);
        }
        catch (TimeoutException)
        {
            int untaken;
            lock (_gate)
                (untaken, _rest, _written) = (_rest.Length, default, null);
            throw DeviceErrors.WriteTimeout(WriteTimeout.TotalSeconds, untaken);
        }
    }

    public Task ConfigureAsync(LineSettings settings)
    {
        lock (_gate)
        {
            ThrowIfGone();
            var before = new LineSettings(_port.BaudRate, _port.DataBits, _port.Parity, _port.StopBits, _port.Handshake);
            try
            {
                Apply(_port, settings);
            }
            catch (Exception refusal) when (refusal is IOException or ArgumentException)
            {
                SetBack(before);
                throw DeviceErrors.SettingRefused(refusal.Message);
            }
        }

        return Task.CompletedTask;
    }

    public Task SetAsync(LineSignals signals)
    {
        lock (_gate)
        {
            ThrowIfGone();
            try
            {
                if ((signals.Dtr ?? signals.Rts) is not null && !TerminalCalls.SetModemLines(_line, signals))
                    throw DeviceErrors.SignalsUnsupported();
                if (signals.Break is { } on)
                    TerminalCalls.SetBreak(_line, on);
            }
            catch (IOException)
            {
                throw DeviceErrors.Gone();
            }
        }

        return Task.CompletedTask;
    }

    public async Task<int> DrainAsync(TimeSpan longest)
    {
        var begun = _time.GetTimestamp();
        int held;
        while ((held = Ask(() => TerminalCalls.Held(_line))) > 0 && _time.GetElapsedTime(begun) < longest)
            await Task.Delay(DrainStep, _time);
        if (held == 0 && longest > TimeSpan.Zero)
            return 0;

        return Ask(() =>
        {
            TerminalCalls.DropOutput(_line);
            // There are drivers that drop nothing.
            return held - TerminalCalls.Held(_line);
        });
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_closing || _gone)
                return;
            _closing = true;
            TerminalCalls.Ring(_bell);
        }
    }

    private static SafeFileHandle Open(SerialPort port)
    {
        try
        {
            // Opening asserts both; System.IO.Ports would then clear DTR first, which resets.
            port.DtrEnable = port.RtsEnable = true;
            port.Open();
        }
        catch (IOException)
        {
            // A line without them, such as a pty.
            port.DtrEnable = port.RtsEnable = false;
            port.Open();
        }

        var target = Path.GetFullPath(File.ResolveLinkTarget(port.PortName, returnFinalTarget: true)?.FullName ?? port.PortName);
        var descriptor = Directory.EnumerateFileSystemEntries("/proc/self/fd")
            .LastOrDefault(entry => new FileInfo(entry).LinkTarget == target) ?? throw new IOException($"{target} is not open after opening it.");
        return TerminalCalls.Duplicate(int.Parse(Path.GetFileName(descriptor), System.Globalization.CultureInfo.InvariantCulture));
    }

    private static void Apply(SerialPort port, LineSettings settings)
    {
        (port.BaudRate, port.DataBits, port.Parity, port.StopBits) = (settings.BaudRate, settings.DataBits, settings.Parity, settings.StopBits);
        port.Handshake = settings.FlowControl;
    }

    /// <summary>What is refused is refused whole: a port that is at half of it would be at what nobody asked for.</summary>
    private void SetBack(LineSettings before)
    {
        try
        {
            Apply(_port, before);
        }
        catch (Exception failure) when (failure is IOException or ArgumentException)
        {
            // It is being pulled out, as its thread is about to see.
        }
    }

    private void Serve()
    {
        var why = "The port is gone.";
        try
        {
            var buffer = GC.AllocateUninitializedArray<byte>(ReadBytes, pinned: true);
            while (true)
            {
                var ready = TerminalCalls.Poll(_line, _bell, Volatile.Read(ref _written) is not null);
                if (Volatile.Read(ref _closing))
                    return;
                if ((ready & TerminalCalls.PollOut) != 0)
                    WriteRest();
                if ((ready & TerminalCalls.PollIn) == 0)
                    continue;
                var count = TerminalCalls.Read(_line, buffer);
                if (count is > 0 and < ShortBytes && !_listener.IsHurried)
                {
                    TerminalCalls.Rest(_bell, GatherMilliseconds);
                    // A line that ends now says so again.
                    count += Math.Max(TerminalCalls.Read(_line, buffer.AsSpan(count)), 0);
                }

                if (count == 0)
                    break;
                if (count > 0)
                    _listener.Received(buffer.AsSpan(0, count));
            }
        }
        catch (IOException failure)
        {
            why = failure.Message;
        }
        finally
        {
            Close();
        }

        _listener.Gone(why);
    }

    private void WriteRest()
    {
        lock (_gate)
        {
            if (_written is null)
                return;
            _rest = _rest[WriteSome(_rest.Span)..];
            if (!_rest.IsEmpty)
                return;
            _written.SetResult();
            _written = null;
        }
    }

    private int WriteSome(ReadOnlySpan<byte> bytes) => Math.Max(TerminalCalls.Write(_line, bytes), 0);

    private void Close()
    {
        lock (_gate)
        {
            _gone = true;
            _written?.TrySetException(DeviceErrors.Gone());
            _written = null;
            // Closing would wait until the board has taken what the kernel still holds.
            if (_port.IsOpen)
                _port.BaseStream.Dispose();
            _port.Dispose();
            _line.Dispose();
            _bell.Dispose();
        }
    }

    private int Ask(Func<int> call)
    {
        lock (_gate)
        {
            ThrowIfGone();
            try
            {
                return call();
            }
            catch (IOException)
            {
                throw DeviceErrors.Gone();
            }
        }
    }

    private void ThrowIfGone()
    {
        if (_gone || _closing)
            throw DeviceErrors.Gone();
    }
}
