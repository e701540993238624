namespace LLMos.Server.Runs.Sandboxes;

/// <summary>Workers that wait, forked and confined for a run with the default limits.</summary>
internal sealed class WorkerPool(Forkserver forkserver, SandboxPolicy policy, int size) : IDisposable
{
    private readonly Queue<Task<Worker>> _waiting = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>Gives a worker that serves <paramref name="asked"/>: one that waits, or a new one where the limits are others.</summary>
    /// <exception cref="IOException">The forkserver is gone.</exception>
    public Task<Worker> TakeAsync(SandboxPolicy asked)
    {
        lock (_gate)
        {
            while (policy.Serves(asked) && _waiting.TryDequeue(out var worker))
            {
                if (!IsGone(worker))
                    return worker;
                worker.GetAwaiter().GetResult().Dispose();
            }
        }

        return forkserver.ForkAsync(asked);
    }

    /// <summary>Forks as many as are missing. Called when a run has been answered, so that forking does not delay it.</summary>
    public void Fill()
    {
        lock (_gate)
        {
            while (!_disposed && _waiting.Count < size)
                _waiting.Enqueue(forkserver.ForkAsync(policy));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var worker in _waiting.Where(worker => worker.IsCompletedSuccessfully))
                _ = worker.ContinueWith(static done => done.GetAwaiter().GetResult().Dispose(), TaskScheduler.Default);
            _waiting.Clear();
        }
    }

    /// <summary>A host that is short of memory kills those who wait first, maybe all of them.</summary>
    private static bool IsGone(Task<Worker> worker) =>
        worker.IsCompletedSuccessfully && worker.GetAwaiter().GetResult().Exited.IsCompleted;
}
