using LLMos.Server.Accounts;
using LLMos.Server.Devices.Lines;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Devices;

/// <summary>A board on its line: opened again and again, recorded, written to by who has the lease.</summary>
internal sealed class Device : ILineListener, IDisposable
{
    /// <summary>Of one write, in bytes.</summary>
    public const int MostWritten = 64 * 1024;

    // How every flasher of Espressif's chips begins: a frame with the command SYNC.
    private static ReadOnlySpan<byte> FlasherSync => [0xC0, 0x00, 0x08, 0x24, 0x00];

    /// <summary>How the log's sentence begins when the board cannot be reached any more.</summary>
    public const string Absent = "absent: ";

    private const int LeastPiece = 16, MostPiece = 4096;

    // What no line takes for one thing that it is asked, beside a lender's being away: it hangs. And for what the kernel still holds.
    private static readonly TimeSpan LineTimeout = TimeSpan.FromSeconds(30), DrainTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly Action<Device> _changed;
    private ILine? _line;
    private string? _failure;

    // What a holder has begun and not ended. Of who has _sending.
    private bool _isBreaking, _isResetting;
    private volatile bool _isAway, _isRemoved, _isOpening;

    /// <param name="changed">Told when what <see cref="Summarize"/> says is different, except for its numbers.</param>
    public Device(DeviceIdentity identity, DeviceLog log, DeviceOptions options, Holdings holdings, TimeProvider time, Action<Device> changed)
    {
        (Identity, Log, _time, _changed) = (identity, log, time, changed);
        _patience = LineTimeout + TimeSpan.FromSeconds(options.LentGraceSeconds);
        Leases = new(options, holdings, time, (who, what) =>
        {
            log.Append(RecordKind.Lease, NameOf(who), what);
            changed(this);
        }, () => Settings, EndAsync);
        Commands = new(this, options, time);
        Search = new(log);
    }

    /// <summary>The newest: its path may change when it is plugged in again.</summary>
    public DeviceIdentity Identity { get; private set; }

    public DeviceDescription Description { get; private set; } = DeviceDescription.None;

    /// <summary>What people call it.</summary>
    public string Name => Description.Name ?? Identity.Title;

    public DeviceLog Log { get; }

    public LeaseQueue Leases { get; }

    public DeviceCommands Commands { get; }

    public LogSearch Search { get; }

    public LineSettings Settings { get; private set; } = new();

    public bool IsReady
    {
        get
        {
            lock (_gate)
                return _line is not null;
        }
    }

    /// <summary>Opens its line, if it is not open.</summary>
    /// <param name="open">Makes the line, or throws an <see cref="IOException"/>.</param>
    /// <returns>What went wrong; null: it is open.</returns>
    public string? Open(DeviceIdentity identity, Func<LineSettings, ILineListener, ILine> open)
    {
        lock (_gate)
        {
            if (_line is not null)
                return null;
            if (_isRemoved)
                return "It was removed.";
            Identity = identity;
            _isOpening = true;
            // A line is opened at rest.
            _isBreaking = _isResetting = false;
            try
            {
                _line = open(Settings, this);
                // Before anything that the line's own thread has to say.
                Log.Append(RecordKind.State, null, identity.Path is { } path ? $"ready at {path}" : "ready");
            }
            catch (IOException failure)
            {
                // It is tried again and again; the log says it once.
                if (failure.Message != _failure)
                    Log.Append(RecordKind.State, null, $"cannot be opened: {failure.Message}");
                return _failure = failure.Message;
            }
            finally
            {
                _isOpening = false;
            }

            _failure = null;
        }

        _changed(this);
        return null;
    }

    /// <param name="by">Whose doing it is, which the log then tells; null: it is read back.</param>
    public void Describe(DeviceDescription description, Caller? by = null)
    {
        var (name, tags) = (Name, Description.Tags);
        Description = description;
        if (by is not null && Name != name)
            Log.Append(RecordKind.Named, NameOf(by), $"renamed from '{name}' to '{Name}'");
        if (by is not null && !tags.SequenceEqual(description.Tags, StringComparer.Ordinal))
            Log.Append(RecordKind.Named, NameOf(by), description.Tags.Count == 0 ? "without tags now" : $"tagged {string.Join(", ", description.Tags)}");
        _changed(this);
    }

    /// <exception cref="DomainException"><c>devices.lease_required</c>, also when the lease ends in the middle; <c>devices.gone</c>, <c>devices.write_timeout</c>, <c>devices.write_too_large</c>.</exception>
    public async Task WriteAsync(Caller caller, string? lease, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length is 0 or > MostWritten)
            throw DeviceErrors.WriteTooLarge(MostWritten);
        await UseAsync(caller, lease, async line =>
        {
            if (bytes.Span.IndexOf(FlasherSync) >= 0)
                Leases.BeginFlash(caller);
            for (var rest = bytes; !rest.IsEmpty;)
            {
                Leases.Require(caller, lease);
                // Half a second of the line: so long waits at most who takes the lease over.
                var piece = rest[..Math.Min(Math.Clamp(Settings.BaudRate / 20, LeastPiece, MostPiece), rest.Length)];
                rest = rest[piece.Length..];
                await SendAsync(line, NameOf(caller), piece);
            }
        });
    }

    /// <exception cref="DomainException"><c>devices.lease_required</c>, <c>devices.setting_invalid</c>, <c>devices.setting_refused</c>, <c>devices.gone</c>.</exception>
    public Task ConfigureAsync(Caller caller, string? lease, LineSettings settings) => UseAsync(caller, lease, line => ConfigureAsync(line, settings, NameOf(caller)));

    /// <exception cref="DomainException"><c>devices.lease_required</c>, <c>devices.signals_unsupported</c>, <c>devices.gone</c>.</exception>
    public Task SignalAsync(Caller caller, string? lease, LineSignals signals) => UseAsync(caller, lease, async line =>
    {
        await AnswerAsync(line, line.SetAsync(signals));
        _isBreaking = signals.Break ?? _isBreaking;
        Log.Append(RecordKind.Signals, NameOf(caller), string.Join(", ", new[] { ("DTR", signals.Dtr), ("RTS", signals.Rts), ("break", signals.Break) }
            .Where(signal => signal.Item2 is not null).Select(signal => $"{signal.Item1} {(signal.Item2 == true ? "on" : "off")}")));
    });

    /// <summary>Resets the board by its lines, 0.1 to 0.4 s.</summary>
    /// <exception cref="DomainException"><c>devices.lease_required</c>, <c>devices.argument_invalid</c>, <c>devices.signals_unsupported</c>, <c>devices.gone</c>.</exception>
    public Task ResetAsync(Caller caller, string? lease, ResetRequest request)
    {
        var steps = ResetSequence.Of(request, Identity);
        return UseAsync(caller, lease, async line =>
        {
            Log.Append(RecordKind.Reset, NameOf(caller), $"into {request.Mode ?? ResetRequest.Run} mode");
            foreach (var (signals, pause) in steps)
            {
                Leases.Require(caller, lease);
                await AnswerAsync(line, line.SetAsync(signals));
                _isResetting = true;
                await Task.Delay(pause, _time);
            }

            _isResetting = false;
        });
    }

    // Somebody talks with the board; those who only watch have time.
    bool ILineListener.IsHurried => Leases.IsHeld;

    void ILineListener.Received(ReadOnlySpan<byte> bytes)
    {
        if (_isOpening)
        {
            lock (_gate)
            {
                // Until the log has said that it is open.
            }
        }

        Log.Append(RecordKind.Received, null, bytes);
    }

    void ILineListener.Missed(string what) => Log.Append(RecordKind.State, null, what);

    void ILineListener.Unreachable(string? why)
    {
        if (_isAway == why is not null)
            return;
        _isAway = why is not null;
        Log.Append(RecordKind.State, null, why is null ? "its lender is back" : $"away: {why}");
        _changed(this);
    }

    void ILineListener.Gone(string why)
    {
        lock (_gate)
            (_line, _isAway) = (null, false);
        Log.Append(RecordKind.State, null, Absent + why);
        _changed(this);
    }

    public DeviceSummary Summarize()
    {
        var (lease, waiting) = Leases.Look();
        return new(
            Identity.Id, Name, Description.Tags, Identity.Kind, _isRemoved ? "removed" : !IsReady ? "absent" : _isAway ? "away" : "ready", Identity.Path, Identity.Lender?.Name, Identity.Usb,
            SettingNames.Of(Settings), lease is null ? null : new(NameOf(lease.Holder), lease.Before is null ? LeaseRequest.Use : LeaseRequest.Flash, lease.Reason, lease.Since, lease.ExpiresAt), waiting, Log.Last, Log.First, Log.Bytes);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _line?.Dispose();
            (_line, _isRemoved) = (null, true);
        }

        Leases.Dispose();
        Commands.Dispose();
        Search.Dispose();
        Log.Dispose();
        _sending.Dispose();
    }

    // What a program does is not what its person does by hand.
    private static string NameOf(Caller caller) => caller.Via.StartsWith("run ", StringComparison.Ordinal) ? $"{caller.Name}, {caller.Via}" : caller.Name;

    private async Task ConfigureAsync(ILine line, LineSettings settings, string? by)
    {
        await AnswerAsync(line, line.ConfigureAsync(settings.Checked()));
        Settings = settings;
        Log.Append(RecordKind.Settings, by, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{settings.BaudRate} baud, {settings.DataBits} bits, parity {settings.Parity}, stop bits {settings.StopBits}, flow control {settings.FlowControl}"));
        _changed(this);
    }

    // Before the line has it, so that it comes before the board's answer.
    private async Task SendAsync(ILine line, string by, ReadOnlyMemory<byte> piece)
    {
        Log.Append(RecordKind.Sent, by, piece.Span);
        try
        {
            await AnswerAsync(line, line.WriteAsync(piece));
        }
        catch (DomainException failure)
        {
            Log.Append(RecordKind.State, by, $"not all of the last {piece.Length} bytes were sent: {failure.Error.Detail}");
            throw;
        }
    }

    // A line that hangs is closed: nobody waits for ever for who waits for it.
    private async Task AnswerAsync(ILine line, Task asked)
    {
        try
        {
            await asked.WaitAsync(_patience, _time);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                if (_line != line)
                    throw DeviceErrors.Gone();
            }

            line.Dispose();
            ((ILineListener)this).Gone($"it did not answer within {_patience.TotalSeconds:0} s, and was closed.");
            throw DeviceErrors.Gone();
        }
    }

    private async Task EndAsync(Lease ended, LeaseEnd how)
    {
        try
        {
            await UseAsync(() => { }, line => LeaveAsync(line, ended, how));
        }
        catch (Exception failure) when (failure is DomainException or ObjectDisposedException)
        {
            if (IsReady)
                Log.Append(RecordKind.State, null, $"The line could not be left as it was before: {failure.Message}");
            else
                Settings = ended.Before ?? Settings;
        }
    }

    // Nothing of a holder's outlasts its lease but what the board has got.
    private async Task LeaveAsync(ILine line, Lease ended, LeaseEnd how)
    {
        var dropped = how == LeaseEnd.Released ? 0 : await DrainAsync(line, TimeSpan.Zero);
        if (dropped + await DrainAsync(line, DrainTimeout) is > 0 and var count)
            Log.Append(RecordKind.State, NameOf(ended.Holder), $"{count} bytes had not left the port when the lease ended, and were dropped");
        if (_isBreaking || _isResetting)
        {
            await AnswerAsync(line, line.SetAsync(_isResetting ? new(Dtr: false, Rts: false, Break: false) : new(Break: false)));
            Log.Append(RecordKind.Signals, null, _isResetting ? "DTR off, RTS off, break off" : "break off");
            _isBreaking = _isResetting = false;
        }

        // A flasher leaves the line as fast as it liked it; those who come next would read rubbish.
        if (ended.Before is { } before && before != Settings)
            await ConfigureAsync(line, before, null);
    }

    private async Task<int> DrainAsync(ILine line, TimeSpan longest)
    {
        var draining = line.DrainAsync(longest);
        await AnswerAsync(line, draining);
        return await draining;
    }

    private Task UseAsync(Caller caller, string? lease, Func<ILine, Task> use) => UseAsync(() => Leases.Require(caller, lease), use);

    private async Task UseAsync(Action check, Func<ILine, Task> use)
    {
        await _sending.WaitAsync();
        try
        {
            check();
            ILine line;
            lock (_gate)
                line = _line ?? throw DeviceErrors.Gone();
            await use(line);
        }
        finally
        {
            _sending.Release();
        }
    }
}
