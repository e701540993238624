namespace LLMos.Server.Runs.Sandboxes;

/// <summary>What one worker is confined to, told to the forkserver.</summary>
/// <param name="HeapBytes">Above the interpreter's own start.</param>
/// <param name="CpuSeconds">The kernel's clock behind the server's; a second more than the wall clock allows.</param>
/// <param name="Required">Layers without which the worker leaves before it reads code.</param>
internal sealed record SandboxPolicy(long HeapBytes, int CpuSeconds, string[] Required)
{
    public static SandboxPolicy For(RunLimits limits, RunOptions options) => new(
        limits.HeapMegabytes * 1024L * 1024,
        (int)Math.Ceiling(limits.TimeoutSeconds) + 1,
        options.RequiredLayers.Split(',', StringSplitOptions.RemoveEmptyEntries));

    public static SandboxPolicy ForSession(RunLimits limits, RunOptions options) =>
        For(limits, options) with { CpuSeconds = options.SessionCpuSeconds };

    /// <summary>Whether a worker confined to <c>this</c> may serve a run that asks for <paramref name="asked"/>: same heap, no shorter clock.</summary>
    public bool Serves(SandboxPolicy asked) => HeapBytes == asked.HeapBytes && CpuSeconds >= asked.CpuSeconds;
}
