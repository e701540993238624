using System.Diagnostics;

namespace LLMos.Server.Runs.Doctor;

/// <summary>A process of the server's own user that does nothing, and is to go on doing it.</summary>
internal sealed class DecoyProcess : IDisposable
{
    private readonly DecoySecrets _secrets;
    private Process _process;
    private ProcessFacts _unhurt;

    public DecoyProcess(DecoySecrets secrets)
    {
        _secrets = secrets;
        (_process, _unhurt) = Start();
    }

    public int Id => _process.Id;

    /// <summary>What was done to it; another then takes its place.</summary>
    public IEnumerable<string> Effects()
    {
        if (HurtOf(ProcessFacts.Of(_process.Id)) is not { } hurt)
            return [];
        Dispose();
        (_process, _unhurt) = Start();
        return [$"the decoy process {hurt}"];
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private string? HurtOf(ProcessFacts? now) => now switch
    {
        null or { State: 'Z' or 'X' } => "was ended",
        { State: 'T' or 't' } => "was stopped",
        _ when now.Nice != _unhurt.Nice => $"has niceness {now.Nice} instead of {_unhurt.Nice}",
        _ => null,
    };

    private (Process Process, ProcessFacts Facts) Start()
    {
        // The secret as its last argument too: command lines are read more easily than environments.
        var process = Process.Start(new ProcessStartInfo("/usr/bin/tail")
        {
            ArgumentList = { "-f", "/dev/null", "--", _secrets.InEnvironment },
            Environment = { [DecoySecrets.Variable] = _secrets.InEnvironment },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        return (process, ProcessFacts.Of(process.Id)!);
    }
}
