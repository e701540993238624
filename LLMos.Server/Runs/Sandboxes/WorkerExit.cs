namespace LLMos.Server.Runs.Sandboxes;

/// <summary>How a worker's process ended.</summary>
/// <param name="Signal">The signal's name when one ended it, else null.</param>
internal readonly record struct WorkerExit(int Code, string? Signal, WorkerUsage Usage)
{
    /// <summary>How the run ended that was in it, without a word of the worker's own.</summary>
    /// <param name="cpuSeconds">What the process might use.</param>
    public RunEnd ToEnd(int cpuSeconds) => this switch
    {
        { Signal: "SIGKILL", Usage.Cpu: var cpu } when cpu.TotalSeconds >= cpuSeconds =>
            new(RunState.TimedOut, Limit: new("cpuSeconds", cpuSeconds, Math.Round(cpu.TotalSeconds, 3))),
        { Signal: { } signal } => new(RunState.Crashed, $"The interpreter was ended by {signal}{Meaning(signal)}."),
        { Code: 0 } => new(RunState.Succeeded),
        _ => new(RunState.Failed, $"The program ended itself with status {Code}."),
    };

    // What a person need know of it.
    private static string Meaning(string signal) => signal switch
    {
        "SIGSEGV" => " (an invalid memory access, or recursion too deep for the C stack)",
        "SIGSYS" => " (a system call that no program needs)",
        "SIGKILL" => " (the host ran out of memory, or someone killed it)",
        "SIGABRT" => " (it gave up itself)",
        _ => "",
    };
}

/// <param name="Cpu">Processor time.</param>
/// <param name="PeakResidentBytes">The most memory it had at once, what it shares with the forkserver included.</param>
/// <param name="PageTableBytes">What the kernel has for its pages' addresses; 0 once it has ended.</param>
internal readonly record struct WorkerUsage(TimeSpan Cpu, long PeakResidentBytes, long PageTableBytes = 0);
