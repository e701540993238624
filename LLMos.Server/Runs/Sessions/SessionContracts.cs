using MessagePack;

namespace LLMos.Server.Runs.Sessions;

/// <summary>A session from one run's point of view.</summary>
/// <param name="State">
/// On <c>started</c> what the run found, on <c>ended</c> what it leaves. fresh: a new namespace, or its program did not begin in one ·
/// kept: the variables are there · lost: they are gone, either before this run, which began anew, or by its end.
/// </param>
/// <param name="ExpiresAt">When it is closed unless something runs in it; null while it runs, or when it is lost.</param>
/// <param name="Loss">Before the run, or by its end.</param>
[MessagePackObject]
public sealed record RunSession(
    [property: Key("name")] string Name,
    [property: Key("state")] string State,
    [property: Key("expiresAt")] DateTime? ExpiresAt,
    [property: Key("loss")] SessionLoss? Loss)
{
    public const string None = "none", Fresh = "fresh", Kept = "kept", Lost = "lost";
}

/// <param name="Reason">A sentence.</param>
/// <param name="Variables">The newest, at most 200, and at most 8 KiB of names and types.</param>
/// <param name="Omitted">How many more there were.</param>
[MessagePackObject]
public sealed record SessionLoss(
    [property: Key("reason")] string Reason,
    [property: Key("variables")] IReadOnlyList<LostVariable> Variables,
    [property: Key("omitted")] int Omitted);

[MessagePackObject]
public sealed record LostVariable([property: Key("name")] string Name, [property: Key("type")] string Type);

/// <param name="State">idle, running, or closed when it has ended.</param>
/// <param name="ExpiresAt">Null while a run is in it.</param>
/// <param name="Runs">How many have ended in it.</param>
/// <param name="MemoryBytes">What it holds by itself; null where that was not measured.</param>
[MessagePackObject]
public sealed record SessionSummary(
    [property: Key("name")] string Name,
    [property: Key("state")] string State,
    [property: Key("createdAt")] DateTime CreatedAt,
    [property: Key("lastUsedAt")] DateTime LastUsedAt,
    [property: Key("expiresAt")] DateTime? ExpiresAt,
    [property: Key("ageSeconds")] double AgeSeconds,
    [property: Key("idleSeconds")] double IdleSeconds,
    [property: Key("runs")] int Runs,
    [property: Key("heapMegabytes")] int HeapMegabytes,
    [property: Key("memoryBytes")] long? MemoryBytes,
    [property: Key("variableCount")] int VariableCount);

/// <param name="MaxSessions">How many a person may have.</param>
/// <param name="IdleMinutes">How long one lives without a run.</param>
public sealed record SessionList(IReadOnlyList<SessionSummary> Sessions, int MaxSessions, double IdleMinutes);

/// <param name="Type">The class's name.</param>
/// <param name="Shape">Of an array or a table; the length of what has one; null for others.</param>
/// <param name="Repr">A few words of its value, at most 160 characters; of an unknown class its name only.</param>
/// <param name="Bytes">What it takes itself, without what it refers to; null when that is not known.</param>
public sealed record SessionVariable(string Name, string Type, string Repr, IReadOnlyList<long>? Shape = null, long? Bytes = null);

/// <summary>A session's variables as the last run left them.</summary>
/// <param name="Variables">The newest, at most 200, without those that begin with an underscore.</param>
/// <param name="Omitted">How many more there are.</param>
public sealed record SessionVariables(string Name, IReadOnlyList<SessionVariable> Variables, int Omitted);
