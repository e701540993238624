using System.Diagnostics;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>How a program is to end from outside, and since when: asked first, where its session is to be kept, then stopped. The first of each counts.</summary>
/// <remarks>Changed under its execution's lock, read by any thread.</remarks>
internal sealed class StopRequest
{
    // How long a program that was asked to end may take for it: it catches the interrupt and cleans up, or a library returns.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    // How long a stopped program may take to hand over what it gathered.
    private static readonly TimeSpan HandOver = TimeSpan.FromMilliseconds(50);

    private volatile RunEnd? _asked, _stopped;
    private long _askedAt, _stoppedAt;

    /// <summary>What the run ends as; null while nothing outside has ended it.</summary>
    public RunEnd? End => _stopped ?? _asked;

    /// <summary>As <see cref="End"/>, but null while the program was only asked.</summary>
    public RunEnd? Stopped => _stopped;

    /// <summary>Whether the program was asked, and goes on for all that.</summary>
    public bool IsGraceOver => _stopped is null && _asked is not null && Stopwatch.GetElapsedTime(_askedAt) > Grace;

    /// <summary>Whether a stopped program has had time to hand over what it gathered.</summary>
    public bool IsHandedOver => IsStoppedFor(HandOver);

    /// <returns>Whether it was not asked or stopped before.</returns>
    public bool TryAsk(RunEnd end)
    {
        if (End is not null)
            return false;
        _askedAt = Stopwatch.GetTimestamp();
        _asked = end;
        return true;
    }

    /// <returns>Whether it was not stopped before.</returns>
    public bool TryStop(RunEnd end)
    {
        if (_stopped is not null)
            return false;
        _stoppedAt = Stopwatch.GetTimestamp();
        _stopped = end;
        return true;
    }

    /// <summary>Whether it is that long since the hand-over was over.</summary>
    public bool IsOverdueBy(TimeSpan time) => IsStoppedFor(HandOver + time);

    private bool IsStoppedFor(TimeSpan time) => _stopped is not null && Stopwatch.GetElapsedTime(_stoppedAt) > time;
}
