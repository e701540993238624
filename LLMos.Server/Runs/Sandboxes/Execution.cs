using System.Diagnostics;
using System.Text;
using LLMos.Server.Runs.Sessions;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>One program in one worker: sends the request, reads what comes until the end, and says how it ended.</summary>
/// <remarks>
/// <see cref="WaitUntilReady"/> and <see cref="Pump"/> occupy their thread; <see cref="Stop"/> may come from any other. A timer looks at the clock from the
/// beginning to the end, whatever that thread waits for: what a worker does or leaves undone never decides when a run ends.
/// </remarks>
internal sealed class Execution : IDisposable
{
    private const int ReadBytes = 65_536;

    // `print` writes its text and its end separately: a write without a newline is mostly followed by one at once.
    private const int CoalesceMilliseconds = 1;

    // A program that gathers its text has stopped to write when the pipe is silent for this long.
    private const int QuietMilliseconds = 4;

    // Whoever takes longer than most runs do lets the others go first.
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan LookAtClock = TimeSpan.FromMilliseconds(20);

    // A fork confines itself in milliseconds; a host that is very busy has more time.
    private static readonly TimeSpan Sealing = TimeSpan.FromSeconds(30);

    // A worker whose pipe has ended is ending itself; one that only closed its descriptors is ended by us.
    private static readonly TimeSpan Leaving = TimeSpan.FromSeconds(1);

    private readonly Run _run;
    private readonly ProgramOutput _output;
    private readonly Worker _worker;
    private readonly OutputParser _parser;
    private readonly byte[] _buffer = new byte[ReadBytes];
    private readonly Lock _gate = new();

    private readonly bool _keeps;
    private readonly CallLine? _calls;
    private readonly ErrorPipe _errors;
    private readonly TimeSpan _cpuBefore;
    private readonly long _taken = Stopwatch.GetTimestamp();
    private readonly Timer _clock;
    private readonly StopRequest _stop = new();
    private long _started;
    private volatile bool _buffering;
    private bool _begun, _interrupted, _callsEnded, _gaveWay;
    private volatile string? _outcome;

    /// <param name="reach">Null: programs reach nothing here.</param>
    public Execution(Run run, RunOutput output, Worker worker, Reach? reach)
    {
        _run = run;
        _output = new(output, run.Limits.OutputBytes, limit => Stop(new(RunState.OutputExceeded, Limit: limit)));
        _worker = worker;
        _keeps = run.Request.Session is not null;
        _calls = reach is null ? null : new(worker, reach, run.Owner with { Via = $"run {run.Id}" }, OnFileChanged);
        _cpuBefore = worker.Layers is null ? default : worker.MeasureCpu();
        _errors = new(worker, follows: worker.Layers is not null, text => _output.Append("stderr", text));
        _parser = new(worker.Marker, OnText, OnFrame);
        _clock = new(_ => ObserveClock(), state: null, LookAtClock, LookAtClock);
    }

    /// <summary>Whether the worker reached its program's end by itself, so that it can run the next one of its session.</summary>
    public bool WorkerGoesOn => _outcome is not null && _stop.Stopped is null && _output.Exceeded is null;

    /// <summary>What a session's program left behind, as its worker tells it; null when it did not come to that.</summary>
    public SessionVariables? Variables { get; private set; }

    /// <summary>Whether the worker has read the program.</summary>
    public bool HasBegun => _begun;

    /// <summary>How the run was ended from outside; null while it was not.</summary>
    public RunEnd? StoppedAs => _stop.Stopped;

    /// <summary>Waits until the worker is sealed; one that has run a program is.</summary>
    /// <param name="said">What it wrote when it could not apply a required layer.</param>
    /// <returns>False when it is gone.</returns>
    public bool WaitUntilReady(out string said)
    {
        said = "";
        if (_worker.Layers is not null)
            return true;
        while (_worker.Layers is null)
        {
            var (fromOutput, fromErrors, _) = Posix.Poll(_worker.Output, _worker.Errors, null, (int)LookAtClock.TotalMilliseconds);
            if (fromErrors && Posix.Read(_worker.Errors, _buffer) is > 0 and var count)
                said += Encoding.UTF8.GetString(_buffer, 0, count);
            else if (fromOutput ? !ReadOutput() : _worker.IsKilled)
                return false;
        }

        _worker.Baseline = _worker.Measure();
        return true;
    }

    /// <summary>Runs the program to its end.</summary>
    /// <returns>Null when the worker was gone before the program began, so that another may run it.</returns>
    /// <exception cref="IOException">The worker's descriptors cannot be read.</exception>
    /// <exception cref="ProtocolException">The worker broke the rules of the wire.</exception>
    /// <exception cref="Foundation.Errors.DomainException"><c>storage.full</c>: its output cannot be kept.</exception>
    public RunEnd? Pump()
    {
        _started = Stopwatch.GetTimestamp();
        if (!SendProgram())
            return _stop.Stopped;

        while (_outcome is null)
        {
            var (fromOutput, fromErrors, fromCalls) = Posix.Poll(
                _worker.Output, _errors.HasEnded ? null : _worker.Errors, _calls is null || _callsEnded || !_begun ? null : _worker.Requests, Patience());
            if (fromErrors)
                _errors.Read(_buffer);
            // One that was killed ends its output; should the kernel not get to that, it is left to it.
            if ((fromOutput && !ReadOutput()) || _stop.IsOverdueBy(Leaving))
                return Gone();
            // What was printed before it comes before what it changes.
            if (fromCalls && _outcome is null)
                AnswerCall();
            if (!fromOutput && !fromErrors && !fromCalls)
                OnSilence();
            ObserveClock();
        }

        return Finished();
    }

    /// <summary>Raises KeyboardInterrupt in the program, as soon as there is one. Once it has ended, the worker waits for the next, which is not meant.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            if (_outcome is not null)
                return;
            _interrupted = true;
            if (_begun)
                _worker.Interrupt();
        }
    }

    /// <summary>Ends the program as <paramref name="end"/> says, and keeps its session if it can: it is interrupted, and stopped when that did not help.</summary>
    public void AskToEnd(RunEnd end)
    {
        lock (_gate)
        {
            if (_outcome is not null || !_stop.TryAsk(end))
                return;
        }

        Interrupt();
    }

    /// <summary>Ends the program as <paramref name="end"/> says, after it has handed over the text that it gathered. The first call counts, none after the program's own end.</summary>
    public void Stop(RunEnd end)
    {
        lock (_gate)
        {
            if (_outcome is not null || !_stop.TryStop(WithUsage(end, _worker.Measure())))
                return;
        }

        _calls?.Cancel();
        if (_buffering)
            _worker.AskForGathered();
        else
            _worker.Kill();
    }

    /// <summary>Takes the clock away: from here on nothing ends the worker but who has it.</summary>
    public void Dispose() => _clock.Dispose();

    private RunEnd Scattered => new(RunState.MemoryExceeded, $"Its memory is in too many places: the kernel's page tables for it take more than {_worker.MostTableBytes / 1_048_576} MiB.");

    private TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <returns>False when the worker is gone, or does not read and was stopped: a session's may be hostile by now.</returns>
    private bool SendProgram()
    {
        var asked = _run.Request;
        return _worker.Send(new
        {
            type = "run",
            code = asked.Code,
            stdin = asked.Stdin,
            keeps = _keeps,
            path = asked.Path,
            workingFolder = asked.WorkingFolder,
            arguments = asked.Arguments,
            environment = asked.Environment,
        });
    }

    /// <summary>Milliseconds until something is due although nothing arrives.</summary>
    private int Patience()
    {
        if (_output.IsHolding)
            return CoalesceMilliseconds;
        if (_buffering || _stop.Stopped is not null)
            return QuietMilliseconds;
        var due = _gaveWay ? _run.Limits.TimeoutSeconds : Math.Min(_run.Limits.TimeoutSeconds, Quick.TotalSeconds);
        return (int)Math.Ceiling(Math.Max(0, due - Elapsed.TotalSeconds) * 1000);
    }

    private void OnSilence()
    {
        _output.Flush(isLast: false);
        if (_stop.Stopped is not null)
        {
            _worker.Kill();
        }
        else if (_buffering)
        {
            _buffering = false;
            _worker.AskForGathered();
        }
    }

    /// <summary>Does what is due: by the timer, and by the thread itself when it knows that it is.</summary>
    private void ObserveClock()
    {
        if (_stop.IsHandedOver || (_stop.Stopped is null && _started == 0 && Stopwatch.GetElapsedTime(_taken) > Sealing))
            _worker.Kill();
        if (_stop.IsGraceOver)
            Stop(_stop.End!);
        if (_stop.Stopped is not null || _started == 0)
            return;

        if (!_gaveWay && Elapsed > Quick && _outcome is null)
        {
            _gaveWay = true;
            _worker.GiveWay(_keeps ? Worker.NicenessOfSessions : Worker.Niceness);
        }

        if (Elapsed.TotalSeconds >= _run.Limits.TimeoutSeconds)
            TimeOut();
        else if (_outcome is null && _worker.IsScattered(_worker.MeasureTables()))
            Stop(Scattered);
    }

    private void TimeOut()
    {
        var limit = new LimitReached("timeoutSeconds", _run.Limits.TimeoutSeconds, Math.Round(Elapsed.TotalSeconds, 3));
        if (_keeps)
            AskToEnd(new(RunState.TimedOut, Limit: limit));
        else
            Stop(new(RunState.TimedOut, Limit: limit));
    }

    private void AnswerCall()
    {
        _output.Flush(isLast: false);
        _callsEnded = !_calls!.Answer();
    }

    private void OnFileChanged(ChangedFile file)
    {
        _output.Append(new() { Type = "file", File = file });
        _output.Count(file.Path.Length);
    }

    private bool ReadOutput()
    {
        if (Posix.Read(_worker.Output, _buffer) is not { } count)
            return true;
        if (count == 0)
        {
            _parser.End();
            _output.Flush(isLast: true);
            return false;
        }

        try
        {
            _parser.Feed(_buffer.AsSpan(0, count));
        }
        catch (ProtocolException) when (_outcome is not null)
        {
            // Behind the last frame.
        }
        catch (ProtocolException)
        {
            // What it wrote before is its output all the same.
            _output.Flush(isLast: true);
            throw;
        }

        _output.FlushPiece();
        return true;
    }

    // Nothing counts behind `ended`, whatever arrives at the same moment, and nothing before `begun`: it is of the program before.
    private void OnText(ReadOnlySpan<byte> text)
    {
        if (_begun && _outcome is null)
            _output.Write(text);
    }

    private void OnFrame(ReadOnlySpan<byte> frame)
    {
        if (_outcome is null)
            OnFrame(WorkerFrame.Parse(frame), frame.Length);
    }

    private void OnFrame(WorkerFrame frame, int bytes)
    {
        _output.Flush(isLast: false);
        if (_worker.Layers is null)
        {
            _worker.Layers = frame.Type == "ready" ? frame.Layers! : throw new ProtocolException("the first frame is not `ready`");
            return;
        }

        if (!_begun)
        {
            if (frame.Type == "begun")
                Begin();
            return;
        }

        if (frame.Type == "stderr")
        {
            _output.Append("stderr", Encoding.UTF8.GetBytes(frame.Text!));
            return;
        }

        _output.Count(bytes);
        if (_output.Exceeded is not null)
            return;

        switch (frame.Type)
        {
            case "display" or "result" or "progress":
                _output.Append(frame.ToEvent());
                break;
            case "error":
                _run.Error = frame.ToError();
                _output.Append(new() { Type = "error", Error = _run.Error });
                break;
            case "begun":
                break;
            case "buffering":
                _buffering = true;
                break;
            case "variables" when _keeps:
                Variables = new(_run.Request.Session!, frame.Variables!, frame.Omitted!.Value);
                break;
            case "ended":
                End(frame.Outcome!);
                break;
            default:
                throw new ProtocolException($"a `{frame.Type}` that does not belong there");
        }
    }

    private void Begin()
    {
        lock (_gate)
        {
            _begun = true;
            if (_interrupted)
                _worker.Interrupt();
        }
    }

    private void End(string outcome)
    {
        lock (_gate)
            _outcome = outcome;
    }

    /// <summary>The program reached its end and said so.</summary>
    private RunEnd Finished()
    {
        _errors.ReadRest(_buffer);
        var usage = _worker.Measure();
        if (_worker.IsScattered(usage.PageTableBytes))
        {
            var scattered = WithUsage(Scattered, usage);
            _stop.TryStop(scattered);
            return scattered;
        }

        if (_output.Exceeded is { } exceeded)
            return WithUsage(new(RunState.OutputExceeded, Limit: exceeded), usage);
        if (_stop is { Stopped: null, End: { } asked })
            return WithUsage(asked, usage);

        return WithUsage(
            _outcome switch
            {
                "succeeded" => new(RunState.Succeeded),
                "memory" => new(RunState.MemoryExceeded, Limit: new("heapMegabytes", _run.Limits.HeapMegabytes, Math.Round(_worker.HeapBytes(usage) / 1_048_576.0, 1))),
                "interrupted" when _run.WasInterrupted => new(RunState.Cancelled, "It was interrupted."),
                _ => new(RunState.Failed),
            },
            usage);
    }

    /// <summary>The pipe ended without that.</summary>
    private RunEnd? Gone()
    {
        if (_stop.Stopped is { } stopped)
            return stopped;
        if (!_begun)
            return null;

        var left = _worker.WaitForExit(Leaving);
        if (_stop.Stopped is { } meanwhile)
            return meanwhile;
        if (!left)
        {
            _worker.Kill();
            _worker.WaitForExit(Leaving);
            return new(RunState.Crashed, "The program closed its output and was ended.");
        }

        _errors.ReadRest(_buffer);
        var exit = _worker.Exited.GetAwaiter().GetResult();
        return WithUsage(_stop.End ?? exit.ToEnd(_worker.Policy.CpuSeconds), exit.Usage);
    }

    private RunEnd WithUsage(RunEnd end, WorkerUsage usage) =>
        end with
        {
            Cpu = usage.Cpu > _cpuBefore ? usage.Cpu - _cpuBefore : default,
            PeakHeapBytes = _worker.HeapBytes(usage),
        };
}
