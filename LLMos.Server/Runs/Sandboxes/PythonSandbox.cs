using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs.Sessions;
using LLMos.Server.Volumes;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>Runs Python programs: keeps a forkserver alive, probes at its start what confinement achieves, executes.</summary>
internal sealed class PythonSandbox(
    IOptions<RunOptions> options, CacheFolder cacheFolder, Reach reach, SystemVolume system, TimeProvider time, ILogger<PythonSandbox> log) : BackgroundService
{
    // A waiting worker may have been killed from outside: as long as the program has not begun, another takes its place.
    private const int Attempts = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(30);

    // A worker whose program has ended is idle, unless it is hostile.
    private static readonly TimeSpan LongestLeave = TimeSpan.FromSeconds(1);

    // It takes milliseconds; a host that is very busy has more time.
    private static readonly TimeSpan LongestFork = TimeSpan.FromSeconds(30);

    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();
    private Forkserver.HelloMessage? _interpreter;
    private TaskCompletionSource<Current> _current = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What holds on this host, as the last probe found it.</summary>
    public IsolationAnswer Isolation { get; private set; } = new(false, "The sandbox is starting.", null, []);

    /// <summary>What holds for runs, and what they find; without the interpreter and its packages until it has started once.</summary>
    public LimitsAnswer Limits => new(
        RunLimitsOf(options.Value), options.Value.MaxTimeoutSeconds, options.Value.MaxHeapMegabytes,
        options.Value.MaxCodeBytes, options.Value.MaxStdinBytes, options.Value.MaxSessionsPerUser, options.Value.SessionIdleMinutes,
        _interpreter?.Python ?? "", _interpreter?.Packages ?? [], HintTable.Modules, HintTable.Errors);

    /// <summary>The forkserver's process, for those who want to watch it.</summary>
    public int? ForkserverProcessId => _current.Task.IsCompletedSuccessfully ? _current.Task.GetAwaiter().GetResult().Forkserver.ProcessId : null;

    /// <summary>Completes when it is known whether code can run here.</summary>
    public Task Probed => _probed.Task;

    private readonly TaskCompletionSource _probed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether code will not run here, as far as is known now.</summary>
    public bool IsUnavailable([NotNullWhen(true)] out string? reason)
    {
        reason = _probed.Task.IsCompleted && !Isolation.Ready ? Isolation.Reason ?? "The sandbox is not available." : null;
        return reason is not null;
    }

    /// <summary>Runs a program to its end on the calling thread.</summary>
    public RunEnd Execute(Run run, RunOutput output) => OnceStarted(run, current => Execute(
        run, output, reach, SandboxPolicy.For(run.Limits, options.Value), current.Pool.TakeAsync,
        (execution, worker) => _ = LeaveAsync(execution.HasBegun ? run.Ended : Task.CompletedTask, worker, current.Pool.Fill)));

    /// <summary>Runs a session's program to its end on the calling thread, in the session's worker or, when it has none, in a new one.</summary>
    public RunEnd Execute(Run run, RunOutput output, Session session)
    {
        if (session.Worker is { } kept)
        {
            kept.ResetPeak();
            kept.Resume();
            using var execution = new Execution(run, output, kept, reach);
            try
            {
                return Pump(run, execution, out _) ?? new(RunState.Crashed, "The session's process was ended from outside before the run began.");
            }
            finally
            {
                Leave(session, execution, kept);
            }
        }

        return OnceStarted(run, current => Execute(
            run, output, reach, SandboxPolicy.ForSession(run.Limits, options.Value), current.Forkserver.ForkAsync,
            (execution, worker) => Leave(session, execution, worker)));
    }

    private RunEnd OnceStarted(Run run, Func<Current, RunEnd> execute)
    {
        try
        {
            return WaitForStart(run) is { } current ? execute(current) : new(RunState.Cancelled, run.CancelReason ?? "It was interrupted.");
        }
        catch (DomainException unavailable)
        {
            return new(RunState.Refused, unavailable.Error.Detail);
        }
    }

    private static void Leave(Session session, Execution execution, Worker worker)
    {
        session.HasBegun |= execution.HasBegun;
        if (execution.WorkerGoesOn)
        {
            session.Keep(worker, execution.Variables);
            return;
        }

        session.Drop();
        worker.Dispose();
    }

    /// <returns>Null when the run is to end before the sandbox has started.</returns>
    private Current? WaitForStart(Run run)
    {
        var starting = _current.Task;
        if (!starting.IsCompleted)
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            run.Attach(_ => ended.TrySetResult(), _ => ended.TrySetResult(), () => ended.TrySetResult());
            var first = Task.WhenAny(starting, ended.Task).GetAwaiter().GetResult();
            run.Detach();
            if (first == ended.Task)
                return null;
        }

        return starting.GetAwaiter().GetResult();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = FirstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ServeOnceAsync(stoppingToken);
                pause = FirstPause;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failed)
            {
                // Whatever it is, a full disk too: files can be read without a sandbox.
                RunLog.ForkserverFailed(log, failed.Message);
                BecomeUnavailable(new(false, failed.Message, time.GetUtcNow().UtcDateTime, []));
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }

            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        BecomeUnavailable(Isolation with { Ready = false, Reason = "The server is stopping." });
    }

    private async Task ServeOnceAsync(CancellationToken stopping)
    {
        var cache = cacheFolder.Open();
        using var forkserver = await Forkserver.StartAsync(options.Value.Python, cache, stopping);
        _interpreter = forkserver.Hello;
        // For programs, and for people who look for it where the contract is.
        system.Put("limits.json", JsonSerializer.SerializeToUtf8Bytes(Limits, Readable));

        var policy = SandboxPolicy.For(RunLimitsOf(options.Value), options.Value);
        // The probe occupies its thread as a run does.
        var isolation = await Task.Factory.StartNew(
            () => IsolationProbe.Probe(forkserver, policy, options.Value, cache, time),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (!isolation.Ready)
        {
            RunLog.IsolationMissing(log, isolation.Reason!);
            BecomeUnavailable(isolation);
            await forkserver.Ended.WaitAsync(stopping);
            return;
        }

        RunLog.SandboxReady(log, forkserver.Hello.Python, forkserver.Hello.StartMilliseconds, string.Join(", ", isolation.Layers.Select(layer => layer.Detail)));
        using var pool = new WorkerPool(forkserver, policy, options.Value.WaitingWorkers);
        pool.Fill();
        BecomeAvailable(new(forkserver, pool), isolation);
        await forkserver.Ended.WaitAsync(stopping);

        // Nobody asked for its end: take a new one as soon as runs need it.
        BecomeStarting();
        RunLog.ForkserverEnded(log);
    }

    /// <summary>The defaults that hold for a run that asks for nothing else.</summary>
    public static RunLimits RunLimitsOf(RunOptions options) => new(options.TimeoutSeconds, options.HeapMegabytes, options.MaxOutputBytes);

    internal static RunEnd Execute(
        Run run, RunOutput output, Reach? reach, SandboxPolicy policy, Func<SandboxPolicy, Task<Worker>> take, Action<Execution, Worker> leave)
    {
        var said = "";
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            try
            {
                var worker = WaitForFork(take(policy));
                using var execution = new Execution(run, output, worker, reach);
                try
                {
                    if (Pump(run, execution, out said) is { } end)
                        return end;
                }
                finally
                {
                    leave(execution, worker);
                }
            }
            catch (IOException gone)
            {
                said = gone.Message;
            }
        }

        return new(RunState.Refused, $"No worker could be made ready. {said.Trim()}");
    }

    /// <summary>Ends a worker and has the next one forked, after the answer has gone out: both take the processor for milliseconds.</summary>
    internal static async Task LeaveAsync(Task answered, Worker worker, Action refill)
    {
        await answered.WaitAsync(LongestLeave).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        worker.Dispose();
        refill();
    }

    /// <exception cref="IOException">The forkserver is gone, or does not answer.</exception>
    private static Worker WaitForFork(Task<Worker> forking)
    {
        try
        {
            return forking.WaitAsync(LongestFork).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            _ = forking.ContinueWith(static late => late.GetAwaiter().GetResult().Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw new IOException("the forkserver does not answer");
        }
    }

    /// <returns>Null when the worker was gone before the program began.</returns>
    private static RunEnd? Pump(Run run, Execution execution, out string said)
    {
        said = "";
        run.Attach(reason => execution.AskToEnd(new(RunState.Cancelled, reason)), reason => execution.Stop(new(RunState.Cancelled, reason)), execution.Interrupt);
        try
        {
            return execution.WaitUntilReady(out said) ? execution.Pump() : execution.StoppedAs;
        }
        catch (ProtocolException broken)
        {
            return new(RunState.Crashed, $"protocol: the worker sent {broken.Message}.");
        }
        catch (IOException broken)
        {
            return new(RunState.Crashed, broken.Message);
        }
        catch (DomainException refusal)
        {
            // Its output cannot be kept (the disk is full): going on would lose it.
            return new(RunState.Cancelled, refusal.Error.Detail);
        }
        finally
        {
            run.Detach();
        }
    }

    private void BecomeAvailable(Current current, IsolationAnswer isolation)
    {
        lock (_gate)
        {
            Isolation = isolation;
            if (!_current.TrySetResult(current))
            {
                _current = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _current.SetResult(current);
            }

            _probed.TrySetResult();
        }
    }

    private void BecomeUnavailable(IsolationAnswer isolation)
    {
        lock (_gate)
        {
            Isolation = isolation;
            var refusal = RunErrors.SandboxUnavailable(isolation.Reason ?? "");
            if (!_current.TrySetException(refusal))
            {
                _current = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _current.SetException(refusal);
            }

            // Nobody may be waiting: that is no unobserved error.
            _ = _current.Task.Exception;
            _probed.TrySetResult();
        }
    }

    private void BecomeStarting()
    {
        lock (_gate)
            _current = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed record Current(Forkserver Forkserver, WorkerPool Pool);
}
