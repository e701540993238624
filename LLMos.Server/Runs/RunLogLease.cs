using LLMos.Server.Foundation.Streams;

namespace LLMos.Server.Runs;

/// <summary>A run's log for one reader: an ended run's is opened for them and closed after them.</summary>
internal readonly record struct RunLogLease(EventLog Log, bool Owned) : IDisposable
{
    public void Dispose()
    {
        if (Owned)
            Log.Dispose();
    }
}
