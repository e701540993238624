using LLMos.Server.Accounts;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs.Sessions;

/// <summary>A person's named namespace: a worker that outlives its runs. <see cref="SessionRegistry"/> guards it.</summary>
internal sealed class Session(Caller owner, string name, int heapMegabytes, DateTime createdAt)
{
    public Caller Owner => owner;
    public string Name => name;
    public int HeapMegabytes => heapMegabytes;
    public (string OwnerId, string Name) Key => (owner.AccountId, name);

    /// <summary>The process that has the variables; null before the first run has one, and when it is gone.</summary>
    public Worker? Worker { get; private set; }

    /// <summary>The run that is in it now.</summary>
    public Run? Running { get; private set; }

    public SessionVariables Variables { get; private set; } = new(name, [], 0);
    public DateTime CreatedAt { get; } = createdAt;
    public DateTime LastUsedAt { get; private set; } = createdAt;
    public DateTime? ExpiresAt { get; set; }
    public int Runs { get; private set; }

    /// <summary>Whether it is to end with the run that is in it, whatever becomes of its worker.</summary>
    public bool IsClosing { get; set; }

    /// <summary>Ends it with the credential that it was begun by.</summary>
    public IDisposable? Held { get; set; }

    /// <summary>Whether a program has begun in it, so that there may be something to lose.</summary>
    public bool HasBegun { get; set; }

    public void Enter(Run run)
    {
        Running = run;
        ExpiresAt = null;
    }

    /// <summary>The run has ended, and the worker with it unless it was kept.</summary>
    public void Leave(DateTime now)
    {
        Running = null;
        LastUsedAt = now;
        Runs++;
    }

    /// <summary>Puts the worker to sleep until the next run.</summary>
    public void Keep(Worker worker, SessionVariables? variables)
    {
        Worker = worker;
        Variables = variables ?? Variables;
        worker.Suspend();
    }

    public void Drop()
    {
        Worker?.Dispose();
        Worker = null;
    }

    public SessionSummary Summarize(DateTime now, string? state = null, bool measures = false) => new(
        name, state ?? (Running is null ? "idle" : "running"), CreatedAt, LastUsedAt, ExpiresAt,
        SecondsSince(CreatedAt, now), Running is null ? SecondsSince(LastUsedAt, now) : 0,
        Runs, heapMegabytes, measures ? Worker?.PrivateBytes() : null, Variables.Variables.Count + Variables.Omitted);

    // The clock may have been set back; what ends a session does not ask it.
    private static double SecondsSince(DateTime at, DateTime now) => Math.Max(0, Math.Round((now - at).TotalSeconds, 1));
}
