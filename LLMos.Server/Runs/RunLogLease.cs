using LLMos.Server.Foundation.Streams;

namespace LLMos.Server.Runs;

/// <summary>A run's log for one reader: an ended run's is opened for them and closed after them.</summary>
/// <param name="end">Called when the reader has done; once.</param>
internal sealed class RunLogLease(EventLog log, bool owned, Action end) : IDisposable
{
    private Action? _end = end;

    public EventLog Log => log;

    public void Dispose()
    {
        if (owned)
            log.Dispose();
        Interlocked.Exchange(ref _end, null)?.Invoke();
    }
}
