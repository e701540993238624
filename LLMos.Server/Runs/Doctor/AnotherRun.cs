using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs.Doctor;

/// <summary>A run of somebody else that goes on meanwhile, with a secret of its own in its memory.</summary>
internal sealed class AnotherRun : IAsyncDisposable
{
    private const double LongestSeconds = 3600;
    private const string Begun = "begun";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DetachedRun _run;
    private readonly Task _ended;
    private Worker? _worker;

    private AnotherRun(Forkserver forkserver, RunOptions options, string path, DecoySecrets secrets, TimeProvider time)
    {
        var code = $"import signal\nsecret = '{secrets.OfAnotherRun}'\nprint('{Begun}')\nwhile True: signal.pause()";
        _run = new(path, new() { Language = "python", Code = code }, new(LongestSeconds, HeapMegabytes: 64, OutputBytes: 65_536), recordedBytes: 256, time);
        _ended = Task.Factory.StartNew(
            () => _run.Execute(SandboxPolicy.For(_run.Run.Limits, options) with { Required = [] }, async policy => _worker = await forkserver.ForkAsync(policy)),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public int ProcessId => _worker!.ProcessId;

    /// <returns>One that has begun; on a host where it cannot, one that has ended.</returns>
    public static async Task<AnotherRun> StartAsync(
        Forkserver forkserver, RunOptions options, string path, DecoySecrets secrets, TimeProvider time)
    {
        var run = new AnotherRun(forkserver, options, path, secrets, time);
        var started = time.GetTimestamp();
        while (!run._ended.IsCompleted && !run._run.Stdout.Text.StartsWith(Begun, StringComparison.Ordinal) && time.GetElapsedTime(started) < Patience)
            await Task.Delay(TimeSpan.FromMilliseconds(10), time);
        return run._worker is not null ? run : throw new IOException($"No program could be started: {run._run.Run.End?.Reason}");
    }

    public IEnumerable<string> Effects()
    {
        if (_ended.IsCompleted || !ProcessFacts.Lives(ProcessId))
            yield return $"another run was ended: {_run.Run.End?.Reason}";
        else if (ProcessFacts.Of(ProcessId) is { State: 'T' or 't' })
            yield return "another run was stopped";
    }

    public async ValueTask DisposeAsync()
    {
        _run.Run.Cancel("The doctor is done.");
        // A sandbox that cannot end its workers is what the doctor may just have found.
        if (!_ended.IsCompleted)
            ProcessFacts.Kill(ProcessId);
        await _ended;
        _run.Dispose();
    }
}
