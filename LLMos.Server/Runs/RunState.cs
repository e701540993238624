namespace LLMos.Server.Runs;

/// <summary>Where a run is; it ends in exactly one of the states from <see cref="Succeeded"/> on.</summary>
internal enum RunState
{
    Queued,
    Running,
    Succeeded,
    Failed,
    TimedOut,
    MemoryExceeded,
    OutputExceeded,
    Cancelled,
    Crashed,
    Refused,
}

internal static class RunStates
{
    /// <summary>The state's name on the wire.</summary>
    public static string Name(this RunState state) => state switch
    {
        RunState.TimedOut => "timed-out",
        RunState.MemoryExceeded => "memory-exceeded",
        RunState.OutputExceeded => "output-exceeded",
        _ => state.ToString().ToLowerInvariant(),
    };

    public static bool IsEnd(this RunState state) => state >= RunState.Succeeded;
}
