using System.Collections.Concurrent;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Server.Runs.Sessions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs;

/// <summary>A bounded queue in, a bounded number of slots out; each slot is a thread that executes one run after another.</summary>
internal sealed class RunScheduler : IHostedLifecycleService
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly RunQueue _queue;
    private readonly int _slotCount;
    private readonly object _gate = new();
    private readonly RunOptions _options;
    private readonly PythonSandbox _sandbox;
    private readonly SessionRegistry _sessions;
    private readonly TimeProvider _time;
    private readonly ILogger<RunScheduler> _log;
    private readonly List<Thread> _slots = [];
    private readonly HashSet<LiveRun> _executing = [];
    private readonly ConcurrentDictionary<LiveRun, Task> _ending = new();
    private bool _stopping;

    public RunScheduler(IOptions<RunOptions> options, PythonSandbox sandbox, SessionRegistry sessions, TimeProvider time, ILogger<RunScheduler> log)
    {
        _options = options.Value;
        _slotCount = _options.Slots > 0 ? _options.Slots : Environment.ProcessorCount + _options.QuickSlots;
        _queue = new(_slotCount, Math.Min(_options.QuickSlots, _slotCount - 1));
        _sandbox = sandbox;
        _sessions = sessions;
        _time = time;
        _log = log;
    }

    /// <summary>Called on a slot's thread, or the canceller's, when a run has ended; stores and announces it.</summary>
    public Func<LiveRun, RunEnd, Task> OnEnded { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called when a run has started or its place in the queue has changed.</summary>
    public Action<LiveRun> OnChanged { get; set; } = _ => { };

    /// <summary>Refuses what <see cref="Enqueue"/> would refuse now, before anything is made for it.</summary>
    /// <exception cref="DomainException"><c>runs.queue_full</c>, <c>runs.user_queue_full</c>, <c>runs.server_stopping</c>.</exception>
    public void Admit(string ownerId)
    {
        lock (_gate)
        {
            if (_stopping)
                throw RunErrors.Stopping();
            if (_queue.Count >= _options.MaxQueued)
                throw RunErrors.QueueFull(_options.MaxQueued);
            if (_queue.CountOf(ownerId) >= _options.MaxQueuedPerUser)
                throw RunErrors.UserQueueFull(_options.MaxQueuedPerUser);
        }
    }

    /// <exception cref="DomainException">See <see cref="Admit"/>.</exception>
    public void Enqueue(LiveRun run)
    {
        lock (_gate)
        {
            Admit(run.Run.Owner.AccountId);
            _queue.Add(run);
            TellPositions();
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends a run, waiting or running. Doing so twice is no error.</summary>
    /// <param name="asksFirst">Whether the program is interrupted, and stopped only when it goes on; otherwise it is stopped at once.</param>
    public void Cancel(LiveRun run, string reason, bool asksFirst = false)
    {
        if (!run.Run.Cancel(reason, asksFirst))
            return;

        lock (_gate)
        {
            if (!_queue.Remove(run))
                return;
            TellPositions();
        }

        _ = EndAsync(run, new(RunState.Cancelled, reason));
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        for (var slot = 1; slot <= _slotCount; slot++)
        {
            var thread = new Thread(Serve) { IsBackground = true, Name = $"run slot {slot}" };
            _slots.Add(thread);
            thread.Start();
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Cancels everything, waits for the slots and until the last record is kept; nothing is left running.</summary>
    /// <remarks>Before anything else stops: the listener waits for those who follow a run, and they for its end.</remarks>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        List<LiveRun> all;
        lock (_gate)
        {
            _stopping = true;
            all = [.. _queue.InOrder(), .. _executing];
            Monitor.PulseAll(_gate);
        }

        _sessions.Stop();
        foreach (var run in all)
            Cancel(run, "The server stopped.");
        await Task.Run(() => _slots.ForEach(slot => slot.Join(StopPatience)), cancellationToken);
        await Task.WhenAll(_ending.Values).WaitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Serve()
    {
        while (Next() is { } run)
        {
            var begun = _time.GetTimestamp();
            RunEnd end;
            try
            {
                end = Execute(run);
            }
            catch (DomainException refusal)
            {
                // Its beginning cannot be kept (the disk is full).
                end = new(RunState.Cancelled, refusal.Error.Detail);
            }
            catch (Exception unexpected)
            {
                // The slot must outlive whatever one run brings about.
                RunLog.SlotFailed(_log, unexpected, run.Run.Id);
                end = new(RunState.Crashed, "The server met an unexpected error; its log has more.");
            }

            lock (_gate)
            {
                _executing.Remove(run);
                // A run that was let go to a limit would have gone on.
                var took = end.Limit is null ? _time.GetElapsedTime(begun) : TimeSpan.FromSeconds(run.Run.Limits.TimeoutSeconds);
                _queue.Release(run, took, wasCutShort: end.State == RunState.Cancelled);
                Monitor.PulseAll(_gate);
            }

            _ = EndAsync(run, end);
        }
    }

    private async Task EndAsync(LiveRun run, RunEnd end)
    {
        // Listed before it begins, so that a stop waits for it.
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ending[run] = done.Task;
        try
        {
            await OnEnded(run, end);
        }
        finally
        {
            _ending.TryRemove(run, out _);
            done.SetResult();
        }
    }

    private LiveRun? Next()
    {
        lock (_gate)
        {
            while (!_stopping)
            {
                if (_queue.TakeNext() is { } run)
                {
                    _executing.Add(run);
                    TellPositions();
                    return run;
                }

                Monitor.Wait(_gate);
            }

            return null;
        }
    }

    private RunEnd Execute(LiveRun run)
    {
        if (!run.Run.TryStart(run.Output.Now))
            return new(RunState.Cancelled, run.Run.CancelReason);

        return run.Run.Request.Session is { } name ? ExecuteIn(name, run) : Execute(run, session: null);
    }

    private RunEnd ExecuteIn(string name, LiveRun run)
    {
        Session session;
        try
        {
            session = _sessions.Enter(run.Run, name);
        }
        catch (DomainException refusal)
        {
            // There was room when it was asked for.
            return new(RunState.Refused, refusal.Error.Detail);
        }

        var end = new RunEnd(RunState.Crashed);
        try
        {
            return end = Execute(run, session);
        }
        finally
        {
            _sessions.Leave(session, run.Run, end);
        }
    }

    private RunEnd Execute(LiveRun run, Session? session)
    {
        run.Output.Append(new() { Type = "started", Limits = run.Run.Limits, Session = run.Run.Session });
        OnChanged(run);
        return session is null ? _sandbox.Execute(run.Run, run.Output) : _sandbox.Execute(run.Run, run.Output, session);
    }

    private void TellPositions()
    {
        var position = 0;
        foreach (var run in _queue.InOrder())
        {
            if (!run.Run.MoveInQueue(++position))
                continue;

            try
            {
                run.Output.Append(new() { Type = "queued", QueuePosition = position });
            }
            catch (Exception failed) when (failed is DomainException or IOException)
            {
                // The disk is full. It is another run's turn that is made here, and this run's record says its position too.
            }

            OnChanged(run);
        }
    }
}
