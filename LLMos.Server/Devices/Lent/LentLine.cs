using System.Globalization;
using System.Threading.Channels;
using LLMos.Server.Devices.Lines;
using LLMos.Server.Foundation.Texts;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Devices.Lent;

/// <summary>A line whose port is somewhere else: its lender may lose the connection and come back, and neither way loses or repeats a byte by that.</summary>
internal sealed class LentLine : ILine
{
    /// <summary>Of one report, in bytes.</summary>
    public const int MostReport = 64 * 1024;

    private const int MostError = 200;

    // Beyond what the lender's own line allows for, and its being away.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();

    // Its listener is told of comings and goings one after the other; taken before the gate, never within it.
    private readonly Lock _telling = new();
    private readonly string _deviceId;
    private readonly ILineListener _listener;
    private readonly TimeSpan _grace;
    private readonly TimeProvider _time;
    private readonly ITimer _away;

    // The lender's call now; null: it is away.
    private Channel<LineOrder>? _lender;
    private LineOrder? _order;
    private TaskCompletionSource<string?> _answer = new();
    private LineSettings _settings;
    private long _orders, _next;
    private bool _isOver, _isGuessed;
    private IDisposable? _held;

    /// <param name="port">What its lender says of it; one that comes back names the same epoch.</param>
    /// <param name="before">The line that this port had here before; its lender was away for too long.</param>
    public LentLine(string deviceId, LentPort port, LentLine? before, LineSettings settings, ILineListener listener, TimeSpan grace, TimeProvider time)
    {
        (_deviceId, Epoch, _settings, _listener, _grace, _time) = (deviceId, port.Epoch, settings, listener, grace, time);
        // Of a port that was lent to a server which has started anew since, only the lender knows how far it is.
        (_next, _orders) = before?.Epoch == port.Epoch ? before.Reached(port.Done) : (port.Sent, port.Done);
        _isGuessed = before?.Epoch != port.Epoch && port.Sent > 0;
        _away = time.CreateTimer(_ => End("its lender did not come back."), null, grace, Timeout.InfiniteTimeSpan);
        // Lenders open a port as an ESP32's ROM speaks; what was set since, only they know.
        if (settings != new LineSettings() || _orders > 0)
            _order = new(++_orders, LineOrder.Configure, Settings: SettingNames.Of(settings));
    }

    public string Epoch { get; }

    public bool IsOver
    {
        get
        {
            lock (_gate)
                return _isOver;
        }
    }

    /// <summary>The lender is here, or here again.</summary>
    /// <returns>Its orders; a call before this one is ended.</returns>
    /// <exception cref="Foundation.Errors.DomainException"><c>devices.gone</c>: it was away for too long.</exception>
    public Channel<LineOrder> Attach(LentPort port)
    {
        var lender = Channel.CreateUnbounded<LineOrder>();
        lock (_gate)
        {
            ThrowIfOver();
            _away.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _lender?.Writer.TryComplete(new HubException(DeviceErrors.LentElsewhere().Message));
            _lender = lender;
            if (_isGuessed)
                _listener.Missed(string.Create(CultureInfo.InvariantCulture, $"Bytes may be missing: its lender goes on at byte {_next}, and the server has started anew since. What was on the way then is lost."));
            _isGuessed = false;
            Miss(port.Offset);
            lender.Writer.TryWrite(new(0, LineOrder.Lent, _deviceId, _next));
            if (_order is { } order && order.Number <= port.Done)
                Answer(null);
            else if (_order is { } again)
                lender.Writer.TryWrite(again);
        }

        TellWhetherAway();
        return lender;
    }

    public bool IsHeld
    {
        get
        {
            lock (_gate)
                return _held is not null;
        }
    }

    /// <summary>It ends with the credential that lent it last.</summary>
    public void HeldBy(IDisposable held)
    {
        IDisposable? before;
        lock (_gate)
            (before, _held) = (_isOver ? held : _held, held);
        before?.Dispose();
    }

    /// <summary>The lender's call has ended; it has a while to come back.</summary>
    public void Detach(Channel<LineOrder> lender)
    {
        lender.Writer.TryComplete();
        lock (_gate)
        {
            if (_lender != lender || _isOver)
                return;
            _lender = null;
            _away.Change(_grace, Timeout.InfiniteTimeSpan);
        }

        TellWhetherAway();
    }

    /// <returns>Whether there may be more to come: the port has not ended, and this is its lender's call still.</returns>
    /// <exception cref="Foundation.Errors.DomainException"><c>devices.port_invalid</c>.</exception>
    public bool Take(Channel<LineOrder> lender, LentReport report)
    {
        lock (_gate)
        {
            if (_lender != lender || _isOver)
                return false;
            switch (report.Kind)
            {
                case LentReport.Received when report is { Data.Length: > 0 and <= MostReport, Offset: >= 0 } && report.Offset <= long.MaxValue - report.Data.Length:
                    Miss(report.Offset);
                    // What came twice because the call was cut between sending and hearing of it.
                    if (_next - report.Offset is var known && known < report.Data.Length)
                        _listener.Received(report.Data.AsSpan((int)known));
                    _next = Math.Max(_next, report.Offset + report.Data.Length);
                    return true;
                case LentReport.Done:
                    if (_order?.Number == report.Number)
                        Answer(report.Error ?? "");
                    return true;
                case LentReport.Gone:
                    break;
                default:
                    throw DeviceErrors.PortInvalid($"reports are received with an offset and 1 to {MostReport} bytes of data, done, or gone.");
            }
        }

        End(Short(report.Error) is { Length: > 0 } why ? $"its lender says: {why}" : "its lender has ended it.");
        return false;
    }

    /// <summary>Ends it for good.</summary>
    public void End(string why)
    {
        if (!Close())
            return;
        lock (_telling)
            _listener.Gone(why);
    }

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) =>
        AskAsync(new(0, LineOrder.Write, Data: bytes.ToArray()), TimeSpan.FromSeconds(bytes.Length * 10.0 / _settings.BaudRate), DeviceErrors.LenderFailed);

    public async Task ConfigureAsync(LineSettings settings)
    {
        await AskAsync(new(0, LineOrder.Configure, Settings: SettingNames.Of(settings)), TimeSpan.Zero, DeviceErrors.SettingRefused);
        _settings = settings;
    }

    public Task SetAsync(LineSignals signals) =>
        AskAsync(new(0, LineOrder.Signal, Dtr: signals.Dtr, Rts: signals.Rts, Break: signals.Break), TimeSpan.Zero, DeviceErrors.LenderFailed);

    // Lenders have no order for it: what their own port holds goes out.
    public Task<int> DrainAsync(TimeSpan longest) => Task.FromResult(0);

    public void Dispose() => Close();

    private async Task AskAsync(LineOrder order, TimeSpan more, Func<string, Exception> refuse)
    {
        Task<string?> answer;
        lock (_gate)
        {
            ThrowIfOver();
            _order = order with { Number = ++_orders };
            _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            answer = _answer.Task;
            _lender?.Writer.TryWrite(_order);
        }

        var most = Patience + _grace + more;
        try
        {
            if (await answer.WaitAsync(most, _time) is { Length: > 0 } error)
                throw refuse(Short(error));
        }
        catch (TimeoutException)
        {
            // The caller is told that it failed, so it must not be done later.
            lock (_gate)
                _order = null;
            throw DeviceErrors.WriteTimeout(most.TotalSeconds);
        }
    }

    // An attach and a detach at the same moment tell the same: what is so now.
    private void TellWhetherAway()
    {
        lock (_telling)
        {
            bool isAway;
            lock (_gate)
            {
                if (_isOver)
                    return;
                isAway = _lender is null;
            }

            _listener.Unreachable(isAway ? "its lender's connection is lost; it may come back." : null);
        }
    }

    /// <summary>The next received byte, and the last order: one that its lender did since is not done again.</summary>
    private (long Next, long Orders) Reached(long done)
    {
        lock (_gate)
            return (_next, Math.Max(_orders, done));
    }

    /// <summary>Bytes before this offset are not to be had any more.</summary>
    private void Miss(long offset)
    {
        if (offset <= _next)
            return;
        _listener.Missed(string.Create(CultureInfo.InvariantCulture, $"{offset - _next} bytes are missing: the lender did not keep them long enough."));
        _next = offset;
    }

    private void Answer(string? error)
    {
        _order = null;
        _answer.TrySetResult(error);
    }

    private bool Close()
    {
        lock (_gate)
        {
            if (_isOver)
                return false;
            _isOver = true;
            _held?.Dispose();
            _away.Dispose();
            _order = null;
            _answer.TrySetException(DeviceErrors.Gone());
            // Nobody may be waiting for it.
            _ = _answer.Task.Exception;
            _lender?.Writer.TryComplete();
            return true;
        }
    }

    private void ThrowIfOver()
    {
        if (_isOver)
            throw DeviceErrors.Gone();
    }

    private static string Short(string? error) => VisibleText.Of(error ?? "", MostError);
}
