namespace LLMos.Server.Runs;

/// <summary>How a run ended: one state, and what explains it.</summary>
/// <param name="Reason">A sentence, where the state alone does not say why.</param>
/// <param name="Limit">The limit that ended it, if one did.</param>
/// <param name="Cpu">Processor time used.</param>
/// <param name="PeakHeapBytes">Above the interpreter's own start.</param>
internal sealed record RunEnd(
    RunState State, string? Reason = null, LimitReached? Limit = null, TimeSpan Cpu = default, long PeakHeapBytes = 0);
