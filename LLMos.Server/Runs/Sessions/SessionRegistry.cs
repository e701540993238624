using System.Text.RegularExpressions;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Runs.Sandboxes;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs.Sessions;

/// <summary>Every session that has a process: admits and begins them, closes them, and says what became of their variables.</summary>
internal sealed partial class SessionRegistry(SessionStore store, Holdings holdings, IOptions<RunOptions> options, TimeProvider time, ILogger<SessionRegistry> log)
{
    private readonly RunOptions _options = options.Value;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string OwnerId, string Name), Session> _sessions = [];
    private readonly Dictionary<Session, ITimer> _expiries = [];
    private bool _stopping;

    /// <summary>A session began, was used, or has ended. Handlers must not block.</summary>
    public event Action<Caller, SessionSummary>? Changed;

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>Refuses what <see cref="Enter"/> would refuse now.</summary>
    /// <exception cref="DomainException">See <see cref="SessionErrors"/>.</exception>
    public void Admit(Caller caller, StartRunRequest request)
    {
        if (request.Session is not { } name)
            return;
        if (!ValidName().IsMatch(name))
            throw SessionErrors.NameInvalid();

        lock (_gate)
        {
            if (_sessions.TryGetValue((caller.AccountId, name), out var session))
                RequireHeap(session, request);
            else
                RequireRoom(caller);
        }
    }

    /// <summary>Gives a run its session, a new one if need be, and notes in the run what it finds there, and the heap.</summary>
    /// <exception cref="DomainException">See <see cref="SessionErrors"/>.</exception>
    public Session Enter(Run run, string name)
    {
        lock (_gate)
        {
            var key = (run.Owner.AccountId, name);
            if (_sessions.TryGetValue(key, out var session) && session.Worker?.Exited.IsCompleted == true)
            {
                Lose(session);
                session = null;
            }

            if (session is not null)
                RequireHeap(session, run.Request);
            var loss = session is null ? store.Recall(key) : null;
            var found = session is not null ? RunSession.Kept : loss is null ? RunSession.Fresh : RunSession.Lost;
            session ??= Begin(run, name);
            StopExpiry(session);
            session.Enter(run);
            run.Limits = run.Limits with { HeapMegabytes = session.HeapMegabytes };
            run.SessionFound = found;
            run.Session = new(name, found, ExpiresAt: null, loss);
            return session;
        }
    }

    /// <summary>Notes in the run what its end left of the session.</summary>
    public void Leave(Session session, Run run, RunEnd end)
    {
        var found = run.Session!;
        SessionSummary summary;
        lock (_gate)
        {
            session.Leave(Now);
            if (session.Worker is { } worker && !session.IsClosing)
            {
                store.Remember(session, Now);
                StartExpiry(session, worker);
                run.Session = found with { State = RunSession.Kept, ExpiresAt = session.ExpiresAt };
                summary = session.Summarize(Now);
            }
            else
            {
                Remove(session);
                if (session.HasBegun)
                {
                    store.Remember(session, Now, $"Run {run.Id} ended as {end.State.Name()}, and the session's process with it.", isKilled: true);
                    run.Session = found with { State = RunSession.Lost, Loss = store.Recall(session.Key) };
                }

                if (session.IsClosing)
                    store.Forget(session.Key);
                summary = session.Summarize(Now, "closed");
            }
        }

        Changed?.Invoke(session.Owner, summary);
    }

    public SessionList List(Caller caller)
    {
        List<Session> own;
        lock (_gate)
            own = [.. _sessions.Values.Where(session => session.Owner.AccountId == caller.AccountId)];
        return new(
            [.. own.OrderBy(session => session.Name, StringComparer.Ordinal).Select(session => session.Summarize(Now, measures: true))],
            _options.MaxSessionsPerUser, _options.SessionIdleMinutes);
    }

    /// <exception cref="DomainException"><c>runs.session_not_found</c></exception>
    public SessionVariables GetVariables(Caller caller, string name) => Find(caller, name)?.Variables ?? throw SessionErrors.NotFound(name);

    /// <summary>Ends a session and forgets what it had: the next run begins fresh.</summary>
    /// <returns>The run that is in it, which has to be ended: the session goes with it. Null when nothing runs there.</returns>
    /// <exception cref="DomainException"><c>runs.session_not_found</c></exception>
    public Run? Close(Caller caller, string name)
    {
        Session? session;
        lock (_gate)
        {
            session = Find(caller, name);
            if (session?.Running is { } run)
            {
                // Whoever waits for its end would find the next run in it.
                session.IsClosing = true;
                return run;
            }

            if (session is not null)
                Remove(session);
            if (!store.Forget((caller.AccountId, name)) && session is null)
                throw SessionErrors.NotFound(name);
        }

        if (session is not null)
            Changed?.Invoke(caller, session.Summarize(Now, "closed"));
        return null;
    }

    /// <summary>The server is stopping: what ends from here on ended because of that.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            foreach (var session in _sessions.Values.ToList())
                StopExpiry(session);
        }
    }

    private Session? Find(Caller caller, string name)
    {
        lock (_gate)
            return _sessions.GetValueOrDefault((caller.AccountId, name));
    }

    private static void RequireHeap(Session session, StartRunRequest request)
    {
        if (request.HeapMegabytes is { } asked && asked != session.HeapMegabytes)
            throw SessionErrors.HeapFixed(session.Name, session.HeapMegabytes);
    }

    private void RequireRoom(Caller caller)
    {
        var own = _sessions.Keys.Where(key => key.OwnerId == caller.AccountId).Select(key => key.Name).ToList();
        if (own.Count >= _options.MaxSessionsPerUser)
            throw SessionErrors.TooMany(own.Order(StringComparer.Ordinal));
        if (_sessions.Count >= _options.MaxSessions)
            throw SessionErrors.Full(_options.MaxSessions);
        var free = HostMemory.FreeBytes() / (1024 * 1024);
        if (free < _options.SessionReserveMegabytes)
            throw SessionErrors.MemoryShort(free);
    }

    private Session Begin(Run run, string name)
    {
        RequireRoom(run.Owner);
        var session = new Session(run.Owner, name, run.Limits.HeapMegabytes, Now);
        // Before it is found: a right that was taken back refuses it.
        session.Held = holdings.Enter(run.Owner, Role.Member, _ => TakeBack(session));
        _sessions[session.Key] = session;
        return session;
    }

    /// <summary>Closes a session whose beginner's right was taken back; with the run in it when that is another credential's.</summary>
    private void TakeBack(Session session)
    {
        lock (_gate)
        {
            session.IsClosing = true;
            if (session.Running is not null || _sessions.GetValueOrDefault(session.Key) != session)
                return;
            Remove(session);
            store.Forget(session.Key);
        }

        Changed?.Invoke(session.Owner, session.Summarize(Now, "closed"));
    }

    private void StartExpiry(Session session, Worker worker)
    {
        var idle = TimeSpan.FromMinutes(_options.SessionIdleMinutes);
        session.ExpiresAt = session.LastUsedAt + idle;
        if (!_stopping)
            _expiries[session] = time.CreateTimer(_ => End(session, worker, $"It was closed after {_options.SessionIdleMinutes} minutes without a run."), null, idle, Timeout.InfiniteTimeSpan);
        if (session.Runs == 1)
            _ = WatchAsync(session, worker);
    }

    private void StopExpiry(Session session)
    {
        if (_expiries.Remove(session, out var timer))
            timer.Dispose();
    }

    private async Task WatchAsync(Session session, Worker worker)
    {
        var exit = await worker.Exited;
        End(session, worker, $"Its process was ended from outside ({exit.Signal}).");
    }

    /// <summary>Ends a session in which nothing runs. One that has ended, or runs again, stays as it is.</summary>
    private void End(Session session, Worker worker, string reason)
    {
        lock (_gate)
        {
            if (_stopping || session.Running is not null || session.Worker != worker)
                return;
            Lose(session, reason);
        }

        RunLog.SessionEnded(log, session.Owner.Name, reason);
        Changed?.Invoke(session.Owner, session.Summarize(Now, "closed"));
    }

    private void Lose(Session session, string reason = "Its process was ended from outside.")
    {
        Remove(session);
        store.Remember(session, Now, reason);
    }

    /// <summary>Lets go of a session in which nothing runs: a run reads from the worker that is disposed here.</summary>
    private void Remove(Session session)
    {
        _sessions.Remove(session.Key);
        session.Held?.Dispose();
        StopExpiry(session);
        session.Drop();
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex ValidName();
}
