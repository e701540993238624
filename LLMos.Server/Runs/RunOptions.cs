using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Runs;

/// <summary>Limits on runs, bound from the <c>Runs</c> section. Every one has a hard maximum; none can be switched off.</summary>
public sealed record RunOptions : IValidatableObject
{
    public const string Section = "Runs";

    /// <summary>Wall clock of a run that does not ask for another.</summary>
    [Range(0.1, 3600)]
    public double TimeoutSeconds { get; init; } = 30;

    /// <summary>The most wall clock that a run may ask for.</summary>
    [Range(0.1, 3600)]
    public double MaxTimeoutSeconds { get; init; } = 300;

    /// <summary>Heap above the interpreter's own start, of a run that does not ask for another.</summary>
    [Range(16, 65_536)]
    public int HeapMegabytes { get; init; } = 256;

    /// <summary>The most heap that a run may ask for.</summary>
    [Range(16, 65_536)]
    public int MaxHeapMegabytes { get; init; } = 1024;

    /// <summary>Bytes of a program's UTF-8.</summary>
    [Range(1, 2_097_152)]
    public int MaxCodeBytes { get; init; } = 1_048_576;

    /// <summary>Bytes of a run's standard input.</summary>
    [Range(0, 2_097_152)]
    public int MaxStdinBytes { get; init; } = 1_048_576;

    /// <summary>Bytes of text, figures and results that a run may send; the one that sends more ends as <c>output-exceeded</c>.</summary>
    [Range(4096, 4_294_967_296)]
    public long MaxOutputBytes { get; init; } = 67_108_864;

    /// <summary>Bytes kept in a record of each stream's beginning, and again of its end. The events have the rest.</summary>
    [Range(256, 1_048_576)]
    public int RecordedOutputBytes { get; init; } = 16_384;

    /// <summary>Runs that execute at the same time; 0 is one for each core and <see cref="QuickSlots"/> more.</summary>
    [Range(0, 256)]
    public int Slots { get; init; }

    /// <summary>How many of the slots are kept from people whose runs mostly take longer than a second; one at least is for them.</summary>
    [Range(0, 64)]
    public int QuickSlots { get; init; } = 2;

    /// <summary>Workers that wait forked and confined, so that a run starts at once.</summary>
    [Range(0, 64)]
    public int WaitingWorkers { get; init; } = 4;

    /// <summary>Runs that may wait; one more is refused with <c>runs.queue_full</c>.</summary>
    [Range(1, 10_000)]
    public int MaxQueued { get; init; } = 256;

    /// <summary>Runs of one person that may wait.</summary>
    [Range(1, 10_000)]
    public int MaxQueuedPerUser { get; init; } = 32;

    /// <summary>Ended runs kept in a person's history; the oldest go first.</summary>
    [Range(1, 100_000)]
    public int KeptRunsPerUser { get; init; } = 500;

    /// <summary>Bytes of records and logs kept for a person's history; the oldest runs go first.</summary>
    [Range(1_048_576, 1_099_511_627_776)]
    public long KeptBytesPerUser { get; init; } = 1_073_741_824;

    /// <summary>Sessions of one person at the same time; one more is refused with <c>runs.too_many_sessions</c>.</summary>
    [Range(1, 1000)]
    public int MaxSessionsPerUser { get; init; } = 8;

    /// <summary>Sessions of all people at the same time; one more is refused with <c>runs.sessions_full</c>.</summary>
    [Range(1, 10_000)]
    public int MaxSessions { get; init; } = 64;

    /// <summary>A session that nothing has run in for this long is closed.</summary>
    [Range(0.1, 1440)]
    public double SessionIdleMinutes { get; init; } = 30;

    /// <summary>Processor time of a session in its whole life; the run that goes beyond it ends as <c>timed-out</c>.</summary>
    [Range(60, 86_400)]
    public int SessionCpuSeconds { get; init; } = 3600;

    /// <summary>Memory that must be free on the host, or in the container, for a session to begin; else <c>runs.memory_short</c>.</summary>
    [Range(0, 1_048_576)]
    public int SessionReserveMegabytes { get; init; } = 512;

    /// <summary>The interpreter. Its packages are what programs can import.</summary>
    [Required, MinLength(1)]
    public string Python { get; init; } = "/usr/bin/python3";

    /// <summary>Layers without which no code runs: rlimits, privileges, landlock, seccomp. Set as a list separated by commas.</summary>
    [RegularExpression("(rlimits|privileges|landlock|seccomp)?(,(rlimits|privileges|landlock|seccomp))*")]
    public string RequiredLayers { get; init; } = "rlimits,privileges,landlock,seccomp";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TimeoutSeconds > MaxTimeoutSeconds)
            yield return new($"TimeoutSeconds ({TimeoutSeconds}) is above MaxTimeoutSeconds ({MaxTimeoutSeconds}).");
        if (HeapMegabytes > MaxHeapMegabytes)
            yield return new($"HeapMegabytes ({HeapMegabytes}) is above MaxHeapMegabytes ({MaxHeapMegabytes}).");
    }
}
