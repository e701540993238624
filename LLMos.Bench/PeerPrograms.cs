namespace LLMos.Bench;

/// <summary>Starts what the server is compared with: the same interpreter, without a server.</summary>
/// <param name="home">Where matplotlib keeps its cache of fonts, which a run's peer may keep too.</param>
internal sealed class PeerPrograms(string home)
{
    private readonly Dictionary<string, string> _environment = new() { ["PATH"] = "/usr/bin:/bin", ["LANG"] = "C.UTF-8", ["HOME"] = home };

    /// <summary>Runs a command to its end on the calling thread.</summary>
    /// <exception cref="BenchException">It failed.</exception>
    public void Run(params IReadOnlyList<string> command) => ChildProcess.Run(command, _environment);

    public Task<double> TimeAsync(params IReadOnlyList<string> command) => Interleaved.MillisecondsAsync(() =>
    {
        Run(command);
        return Task.CompletedTask;
    });
}
