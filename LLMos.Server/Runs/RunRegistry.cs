using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Hosting;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Streams;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Server.Runs.Sessions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs;

/// <summary>Every run there is: starts them, finds them for their owner, keeps them when they have ended.</summary>
internal sealed class RunRegistry
{
    // An event in memory while it is sent, for each byte in the log: the bytes, the text they become, and what is written of it.
    private const int BytesForByte = 4;

    // Who does not wait is answered when the run has ended or its beginning is durable: within a moment the first is the sooner.
    private static readonly TimeSpan AMoment = TimeSpan.FromMilliseconds(3), AtOnce = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, LiveRun> _live = new();
    private readonly ConcurrentDictionary<(string OwnerId, string Key), LiveRun> _byKey = new();
    private readonly RunScheduler _scheduler;
    private readonly RunStore _store;
    private readonly PythonSandbox _sandbox;
    private readonly SessionRegistry _sessions;
    private readonly NamedFiles _named;
    private readonly AnswerRoom _room;
    private readonly Holdings _holdings;
    private readonly RunOptions _options;
    private readonly TimeProvider _time;
    private readonly OrderedIds _ids;
    private readonly ILogger<RunRegistry> _log;

    public RunRegistry(
        RunScheduler scheduler, RunStore store, PythonSandbox sandbox, SessionRegistry sessions, NamedFiles named, Holdings holdings, AnswerRoom room,
        IOptions<RunOptions> options, TimeProvider time, ILogger<RunRegistry> log)
    {
        _scheduler = scheduler;
        _store = store;
        _sandbox = sandbox;
        _sessions = sessions;
        _named = named;
        _room = room;
        _holdings = holdings;
        _options = options.Value;
        _time = time;
        _ids = new(time, store.NewestId());
        _log = log;
        scheduler.OnEnded = EndAsync;
        scheduler.OnChanged = run => Changed?.Invoke(run.Run);
    }

    /// <summary>A run was queued, moved, started or ended. Handlers must not block.</summary>
    public event Action<Run>? Changed;

    /// <summary>Starts a run, or finds the one that was started with the same key, and waits for its end.</summary>
    /// <param name="wait">How long at most; afterwards the run goes on.</param>
    /// <returns>The run's id. Of one that has not ended by then, it is durable that it began.</returns>
    /// <exception cref="DomainException">The request is refused; see <see cref="RunErrors"/>.</exception>
    public async Task<string> StartAsync(
        Caller caller, StartRunRequest request, string? idempotencyKey, TimeSpan wait, CancellationToken cancellation)
    {
        var asked = request;
        request = await _named.ResolveAsync(caller, request, cancellation);
        var limits = RunRequestCheck.Check(request, _options);
        if (_sandbox.IsUnavailable(out var reason))
            throw RunErrors.SandboxUnavailable(reason);
        _sessions.Admit(caller, request);

        var (id, live) = idempotencyKey is null
            ? Begin(caller, request, limits)
            : FindOrBegin(caller, request, limits, idempotencyKey, HashOf(asked));
        try
        {
            await WaitAsync(live, wait, cancellation);
        }
        catch (OperationCanceledException) when (live is not null && request.Abandon == RunRequestCheck.AbandonEnds)
        {
            _scheduler.Cancel(live, "The client that waited for it went away.", asksFirst: true);
            throw;
        }

        return id;
    }

    /// <summary>The caller's live run, or null.</summary>
    public LiveRun? FindLive(Caller caller, string id) =>
        _live.TryGetValue(id, out var live) && live.Run.Owner.AccountId == caller.AccountId ? live : null;

    /// <summary>What a record may take in memory while it is sent.</summary>
    /// <exception cref="DomainException"><c>runs.not_found</c></exception>
    public long WeightOf(Caller caller, string id)
    {
        var live = FindLive(caller, id);
        var (own, data) = live is null
            ? GetKept(caller, id) is var kept ? (kept.RecordBytes, kept.Bytes - kept.RecordBytes) : default
            : (live.Run.Request.Code.Length + (4 * _options.RecordedOutputBytes), live.Output.Log.Bytes);
        return (own + Math.Min(data, RecordedData.MaxBytes)) * BytesForByte;
    }

    /// <summary>What a page of events may take in memory while it is sent.</summary>
    public static long WeightOf(EventLog log, long after, int mostBytes) =>
        Math.Max(log.BytesAfter(after), Math.Min(mostBytes, log.Bytes)) * BytesForByte;

    /// <exception cref="DomainException"><c>runs.not_found</c>: no such run, or it is someone else's.</exception>
    public RunRecord GetRecord(Caller caller, string id)
    {
        if (FindLive(caller, id) is { } live)
            return RecordedData.Complete(live.ToStored(live.Output.Now), live.Output.Log);

        GetKept(caller, id);
        // It may have left the history by now.
        var stored = _store.Find(id) ?? throw RunErrors.NotFound(id);
        if (stored.Displays.Count == 0 && stored.Result is null)
            return stored.Record;
        using var log = _store.OpenLog(id);
        return RecordedData.Complete(stored, log);
    }

    /// <exception cref="DomainException"><c>runs.not_found</c></exception>
    public RunSummary GetSummary(Caller caller, string id) =>
        FindLive(caller, id)?.Run.Summarize() ?? GetKept(caller, id).Summary;

    /// <summary>What followed event <paramref name="after"/>, in batches, then what happens until the run has ended.</summary>
    /// <exception cref="DomainException"><c>runs.not_found</c>, or the log's refusal of <paramref name="after"/>; thrown by the call itself.</exception>
    public IAsyncEnumerable<RunEvent[]> Watch(Caller caller, string id, long after, CancellationToken cancellation)
    {
        var lease = OpenLog(caller, id);
        try
        {
            return Decode(lease, lease.Log.ReadAsync(after, cancellation, (bytes, cancelled) => _room.TakeAsync(caller.AccountId, bytes * BytesForByte, cancelled)));
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>The run's log, live or from its file. Whoever reads an ended one disposes it.</summary>
    /// <exception cref="DomainException"><c>runs.not_found</c></exception>
    public RunLogLease OpenLog(Caller caller, string id)
    {
        if (FindLive(caller, id) is { } live)
            return new(live.Output.Log, Owned: false);

        GetKept(caller, id);
        return new(_store.OpenLog(id), Owned: true);
    }

    /// <summary>The caller's runs, newest first.</summary>
    public IReadOnlyList<RunSummary> List(Caller caller, string? before, int limit)
    {
        var live = _live.Values
            .Where(run => run.Run.Owner.AccountId == caller.AccountId && (before is null || string.CompareOrdinal(run.Run.Id, before) < 0))
            .Select(run => run.Run.Summarize())
            .ToList();
        var ids = live.Select(run => run.Id).ToHashSet();
        return [.. live.Concat(_store.List(caller.AccountId, before, limit).Where(run => !ids.Contains(run.Id)))
            .OrderByDescending(run => run.Id, StringComparer.Ordinal).Take(limit)];
    }

    /// <summary>Ends a run; one that has ended stays as it is.</summary>
    /// <param name="keepsSession">Whether a session's program is asked first, and stopped when it goes on.</param>
    /// <exception cref="DomainException"><c>runs.not_found</c></exception>
    public async Task<RunSummary> CancelAsync(Caller caller, string id, bool keepsSession = true)
    {
        if (FindLive(caller, id) is { } live)
        {
            _scheduler.Cancel(live, $"Stopped by {caller.Name}.", asksFirst: keepsSession && live.Run.Request.Session is not null);
            await live.Run.Ended;
        }

        return GetSummary(caller, id);
    }

    /// <exception cref="DomainException"><c>runs.not_found</c>, <c>runs.not_running</c></exception>
    public RunSummary Interrupt(Caller caller, string id)
    {
        if (FindLive(caller, id)?.Run.Interrupt() != true)
            throw RunErrors.NotRunning(GetSummary(caller, id).State);
        return GetSummary(caller, id);
    }

    private (string Id, LiveRun? Live) FindOrBegin(Caller caller, StartRunRequest request, RunLimits limits, string key, string hash)
    {
        // One at a time. A run that ends meanwhile is in the store before its key is free.
        lock (_byKey)
        {
            return FindByKey(caller, key, hash) is { } before
                ? (before, FindLive(caller, before))
                : Begin(caller, request, limits, key, hash);
        }
    }

    private (string Id, LiveRun Live) Begin(Caller caller, StartRunRequest request, RunLimits limits, string? key = null, string? hash = null)
    {
        _scheduler.Admit(caller.AccountId);
        var now = _time.GetUtcNow();
        var run = new Run(_ids.Next(), caller, request, limits, now.UtcDateTime);
        var output = new RunOutput(_store.CreateLog(run.Id), now.UtcDateTime, _time, _options.RecordedOutputBytes);
        var live = new LiveRun(run, output, key, hash);
        _live[run.Id] = live;
        if (key is not null)
            _byKey[(caller.AccountId, key)] = live;

        try
        {
            live.Held = _holdings.Enter(caller, Role.Member, why => _scheduler.Cancel(live, why));
            _scheduler.Enqueue(live);
            return (run.Id, live);
        }
        catch (DomainException)
        {
            Forget(live);
            Discard(live);
            throw;
        }
    }

    /// <summary>Waits for a run's end, and writes down its beginning unless the end comes at once: most runs are kept only once.</summary>
    private async Task WaitAsync(LiveRun? live, TimeSpan wait, CancellationToken cancellation)
    {
        var first = wait < AMoment ? AMoment : wait < AtOnce ? wait : AtOnce;
        if (live is null || await EndsWithinAsync(live, first, cancellation))
            return;

        await KeepAsync(live);
        if (wait > AtOnce)
            await EndsWithinAsync(live, wait - AtOnce, cancellation);
    }

    private async Task<bool> EndsWithinAsync(LiveRun live, TimeSpan wait, CancellationToken cancellation)
    {
        if (wait > TimeSpan.Zero)
            await live.Run.Ended.WaitAsync(wait, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        return live.Run.Ended.IsCompleted;
    }

    /// <summary>Keeps the run as it is now. Under its lock, so that what is known later is written later.</summary>
    private Task KeepAsync(LiveRun live)
    {
        lock (live)
            return _store.SaveAsync(live.ToStored(live.Output.Now));
    }

    private KeptRun GetKept(Caller caller, string id) => _store.FindKept(caller.AccountId, id) ?? throw RunErrors.NotFound(id);

    private string? FindByKey(Caller caller, string key, string hash)
    {
        var known = _byKey.TryGetValue((caller.AccountId, key), out var live)
            ? (live.Run.Id, live.RequestHash)
            : _store.FindByKey(caller.AccountId, key);
        return known is null || known.Value.RequestHash == hash ? known?.Id : throw RunErrors.IdempotencyMismatch();
    }

    private async Task EndAsync(LiveRun live, RunEnd end)
    {
        var run = live.Run;
        if (!run.TryEnd(end, live.Output.Now))
            return;
        var usage = run.Usage(live.Output.Bytes, run.EndedAt!.Value);
        try
        {
            if (end.Limit is { } limit)
                _store.AppendAtEnd(live.Output, new() { Type = "limit", Limit = limit });
            _store.AppendAtEnd(live.Output, new() { Type = "ended", State = end.State.Name(), Reason = end.Reason, Limit = end.Limit, Usage = usage, Session = run.Session });
        }
        catch (Exception failed) when (failed is DomainException or IOException)
        {
            // The record below still says how it ended.
            RunLog.NotKept(_log, failed, run.Id);
        }

        RunLog.Ended(_log, run.Id, run.Owner.Name, end.State.Name(), usage.WallMilliseconds);
        live.Output.Complete();
        // An answer does not wait for the history to be durable, unless a retry after a crash could run the program again.
        if (live.IdempotencyKey is null)
            Announce(run);
        try
        {
            await KeepAsync(live);
        }
        catch (Exception failed)
        {
            // Whatever it is: the run has ended, and nobody may wait for it any longer.
            RunLog.NotKept(_log, failed, run.Id);
        }

        if (live.IdempotencyKey is not null)
            Announce(run);
        // Found here until it is found in the store.
        Forget(live);
    }

    private void Announce(Run run)
    {
        run.Announce();
        Changed?.Invoke(run);
    }

    /// <summary>Undoes what was made for a run that did not begin.</summary>
    private void Discard(LiveRun live)
    {
        _live.TryRemove(live.Run.Id, out _);
        live.Output.Log.Dispose();
        _store.DeleteLog(live.Run.Id);
    }

    private void Forget(LiveRun live)
    {
        live.Held?.Dispose();
        _live.TryRemove(live.Run.Id, out _);
        if (live.IdempotencyKey is { } key)
            _byKey.TryRemove((live.Run.Owner.AccountId, key), out _);
    }

    private static async IAsyncEnumerable<RunEvent[]> Decode(RunLogLease lease, IAsyncEnumerable<IReadOnlyList<LogEntry>> batches)
    {
        using (lease)
        {
            await foreach (var batch in batches)
                yield return [.. batch.Select(RunOutput.Decode)];
        }
    }

    private static string HashOf(StartRunRequest request) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(request))));
}
