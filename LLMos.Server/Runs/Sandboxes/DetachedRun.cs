using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Streams;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>One program in one fresh worker, without queue, history and callers: how the doctor runs what it tries.</summary>
internal sealed class DetachedRun : IDisposable
{
    private readonly EventLog _log;
    private readonly RunOutput _output;
    private readonly string _path;
    private readonly Reach? _reach;

    /// <param name="path">Of a file for its events, which is gone with this object.</param>
    public DetachedRun(string path, StartRunRequest request, RunLimits limits, int recordedBytes, TimeProvider time, Caller? owner = null, Reach? reach = null)
    {
        var now = time.GetUtcNow().UtcDateTime;
        _path = path;
        _reach = reach;
        _log = EventLog.Create(path, new());
        Run = new(Path.GetFileNameWithoutExtension(path), owner ?? new("", "server", Role.Administrator), request, limits, now);
        _output = new(_log, now, time, recordedBytes);
        Run.TryStart(now);
    }

    public Run Run { get; }

    public OutputText Stdout => _output.Record().Stdout;

    /// <summary>Every event as it was sent, encoded.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Events()
    {
        const int MaxEntries = 1000, MaxBytes = 1024 * 1024;
        for (var after = 0L; after < _log.LastSequence;)
        {
            foreach (var entry in _log.Read(after, MaxEntries, MaxBytes))
            {
                after = entry.Sequence;
                yield return entry.Payload;
            }
        }
    }

    /// <summary>Runs it to its end on the calling thread; the worker is then killed as after any run.</summary>
    /// <param name="policy">Mostly one without required layers: what is missing is to be found, not to be refused.</param>
    public RunEnd Execute(SandboxPolicy policy, Func<SandboxPolicy, Task<Worker>> take)
    {
        var end = PythonSandbox.Execute(
            Run, _output, _reach, policy, take,
            (execution, worker) => _ = PythonSandbox.LeaveAsync(execution.HasBegun ? Run.Ended : Task.CompletedTask, worker, () => { }));
        Run.TryEnd(end, _output.Now);
        Run.Announce();
        return end;
    }

    public void Dispose()
    {
        _log.Dispose();
        File.Delete(_path);
    }
}
