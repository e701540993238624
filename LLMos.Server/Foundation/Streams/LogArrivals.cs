namespace LLMos.Server.Foundation.Streams;

/// <summary>Tells waiting readers that there is something new.</summary>
/// <remarks>
/// The producer pays for at most one queued work item, however many readers wait and however often it appends before that
/// item has run; a pool thread does the waking.
/// </remarks>
internal sealed class LogArrivals : IThreadPoolWorkItem
{
    private TaskCompletionSource? _next;
    private int _queued;

    /// <summary>Completes after a later <see cref="Announce"/>. Take it first, then look at the log, then await it.</summary>
    public Task Next()
    {
        var waiting = Volatile.Read(ref _next);
        if (waiting is not null)
            return waiting.Task;

        // Its readers go on where it is completed, one after the other: on the pool's thread, never the producer's.
        var fresh = new TaskCompletionSource();
        return (Interlocked.CompareExchange(ref _next, fresh, null) ?? fresh).Task;
    }

    public void Announce()
    {
        if (Volatile.Read(ref _next) is not null && Interlocked.Exchange(ref _queued, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        // In this order: an announcement after the first line queues again, one before it is served by the second.
        Interlocked.Exchange(ref _queued, 0);
        Interlocked.Exchange(ref _next, null)?.SetResult();
    }
}
