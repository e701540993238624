using LLMos.Server.Devices.Lines;

namespace LLMos.Server.Devices.Rfc2217;

/// <summary>Gives a client that changes DTR and RTS one after the other the change of both that a board needs.</summary>
/// <remarks>
/// A flasher lets the chip out of reset with pin 0 down: from RTS alone to DTR alone. Over RFC 2217 that is DTR on, then, 50 to
/// 100 ms later, RTS off. Between them both are on, the chip boots with pin 0 up, and no flasher gets through. So DTR on is
/// kept back while RTS alone is on, until RTS goes off too.
/// </remarks>
/// <param name="apply">Sets both lines, or one, at the same moment.</param>
internal sealed class LineControl(Func<LineSignals, Task> apply)
{
    private bool _dtr, _rts, _isHeld;

    /// <summary>What the client believes: what is kept back has happened for it.</summary>
    public bool Dtr => _dtr || _isHeld;

    public bool Rts => _rts;

    /// <summary>Whether <see cref="ReleaseAsync"/> is to be called, if nothing else comes for half a second.</summary>
    public bool IsHeld => _isHeld;

    public Task SetDtrAsync(bool on)
    {
        if (on && !_dtr && _rts)
        {
            _isHeld = true;
            return Task.CompletedTask;
        }

        _isHeld = false;
        _dtr = on;
        return apply(new(Dtr: on));
    }

    public Task SetRtsAsync(bool on)
    {
        _rts = on;
        if (on || !_isHeld)
            return apply(new(Rts: on));
        (_isHeld, _dtr) = (false, true);
        return apply(new(Dtr: true, Rts: false));
    }

    /// <summary>The client meant both to be on.</summary>
    public Task ReleaseAsync()
    {
        if (!_isHeld)
            return Task.CompletedTask;
        (_isHeld, _dtr) = (false, true);
        return apply(new(Dtr: true));
    }
}
