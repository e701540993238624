using LLMos.Server.Accounts;
using LLMos.Server.Runs.Sessions;

namespace LLMos.Server.Runs;

/// <summary>One run from its request to its end: a state machine without I/O. Safe to use from any thread.</summary>
/// <remarks><c>queued → running → an end state</c>, or <c>queued → cancelled|refused</c>. What ends it first, wins.</remarks>
internal sealed class Run(string id, Caller owner, StartRunRequest request, RunLimits limits, DateTime createdAt)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<string>? _askToEnd, _stop;
    private Action? _interrupt;
    private string? _cancelReason;
    private bool _isStopped;

    public string Id => id;
    public Caller Owner => owner;
    public StartRunRequest Request => request;

    /// <summary>A session's heap is known when the run enters it.</summary>
    public RunLimits Limits { get; set; } = limits;
    public DateTime CreatedAt => createdAt;
    public string Title { get; } = TitleOf(request.Code);

    public RunState State { get; private set; } = RunState.Queued;
    public int? QueuePosition { get; private set; }
    public DateTime? StartedAt { get; private set; }
    public DateTime? EndedAt { get; private set; }
    public RunEnd? End { get; private set; }
    public RunError? Error { get; set; }
    public bool WasInterrupted { get; private set; }

    /// <summary>What it found of its session.</summary>
    public string SessionFound { get; set; } = RunSession.None;

    /// <summary>What became of its session's variables, as far as is known; null without a session, or before it starts.</summary>
    public RunSession? Session { get; set; }

    /// <summary>Why it was asked to end; null while nobody has.</summary>
    public string? CancelReason => _cancelReason;

    /// <summary>Completes when the run has ended and its log is whole.</summary>
    public Task Ended => _ended.Task;

    /// <returns>Whether the position is another than before.</returns>
    public bool MoveInQueue(int position)
    {
        lock (_gate)
        {
            if (State != RunState.Queued || QueuePosition == position)
                return false;
            QueuePosition = position;
            return true;
        }
    }

    /// <returns>False when it was cancelled while it waited.</returns>
    public bool TryStart(DateTime now)
    {
        lock (_gate)
        {
            if (State != RunState.Queued || _cancelReason is not null)
                return false;
            State = RunState.Running;
            QueuePosition = null;
            StartedAt = now;
            return true;
        }
    }

    /// <summary>Says how a running run is reached; a cancel that came before is passed on at once.</summary>
    /// <param name="askToEnd">Leaves the program time to end by itself, and its session the variables.</param>
    /// <param name="stop">At once.</param>
    public void Attach(Action<string> askToEnd, Action<string> stop, Action interrupt)
    {
        string? reason;
        Action<string> end;
        lock (_gate)
        {
            (_askToEnd, _stop, _interrupt) = (askToEnd, stop, interrupt);
            (reason, end) = (_cancelReason, _isStopped ? stop : askToEnd);
        }

        if (reason is not null)
            end(reason);
    }

    public void Detach()
    {
        lock (_gate)
        {
            (_askToEnd, _stop, _interrupt) = (null, null, null);
        }
    }

    /// <summary>Asks for the end. Asking again, or after the end, changes nothing, but that one who was asked to end may still be stopped.</summary>
    /// <param name="asksFirst">Whether the program has time to end by itself.</param>
    /// <returns>Whether the run was still waiting, so that the caller has to end it.</returns>
    public bool Cancel(string reason, bool asksFirst = false)
    {
        Action<string>? end;
        lock (_gate)
        {
            var wasAsked = _cancelReason is not null;
            if (State.IsEnd() || _isStopped || (wasAsked && asksFirst))
                return false;
            (_cancelReason, _isStopped) = (reason, !asksFirst);
            if (State == RunState.Queued)
                return !wasAsked;
            end = asksFirst ? _askToEnd : _stop;
        }

        end?.Invoke(reason);
        return false;
    }

    /// <summary>Raises KeyboardInterrupt in the program.</summary>
    /// <returns>False when it is not running.</returns>
    public bool Interrupt()
    {
        Action? interrupt;
        lock (_gate)
        {
            interrupt = _interrupt;
            WasInterrupted |= interrupt is not null;
        }

        interrupt?.Invoke();
        return interrupt is not null;
    }

    /// <returns>False when it had ended already.</returns>
    public bool TryEnd(RunEnd end, DateTime now)
    {
        lock (_gate)
        {
            if (State.IsEnd())
                return false;
            State = end.State;
            QueuePosition = null;
            End = end;
            EndedAt = now;
            return true;
        }
    }

    /// <summary>Lets those go who wait for <see cref="Ended"/>.</summary>
    public void Announce() => _ended.TrySetResult();

    public RunSummary Summarize()
    {
        lock (_gate)
            return new(id, request.Language, State.Name(), owner.Name, Title, QueuePosition, createdAt, StartedAt, EndedAt, request.Session);
    }

    public RunUsage Usage(long outputBytes, DateTime now)
    {
        lock (_gate)
        {
            return new(
                StartedAt is { } started ? ((EndedAt ?? now) - started).TotalMilliseconds : 0,
                End?.Cpu.TotalMilliseconds ?? 0,
                End?.PeakHeapBytes ?? 0,
                ((StartedAt ?? EndedAt ?? now) - createdAt).TotalMilliseconds,
                outputBytes);
        }
    }

    private static string TitleOf(string code)
    {
        const int MaxCharacters = 80;
        var line = code.EnumerateLines();
        foreach (var candidate in line)
        {
            var text = candidate.Trim();
            if (!text.IsEmpty && !text.StartsWith("import ") && !text.StartsWith("from "))
                return text.Length <= MaxCharacters ? text.ToString() : $"{text[..WholeCharacters(text, MaxCharacters - 1)]}…";
        }

        var imports = code.AsSpan().Trim();
        return imports.Length <= MaxCharacters ? imports.ToString() : imports[..WholeCharacters(imports, MaxCharacters)].ToString();
    }

    // Half of a character outside the basic plane is no text.
    private static int WholeCharacters(ReadOnlySpan<char> text, int most) => char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;
}
