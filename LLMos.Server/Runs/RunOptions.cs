using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Runs;

/// <summary>Limits on runs, bound from the <c>Runs</c> section. Every one has a hard maximum; none can be switched off.</summary>
public sealed record RunOptions
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
    [Range(1, 16_777_216)]
    public int MaxCodeBytes { get; init; } = 1_048_576;

    /// <summary>Bytes of a run's standard input.</summary>
    [Range(0, 16_777_216)]
    public int MaxStdinBytes { get; init; } = 1_048_576;
}
