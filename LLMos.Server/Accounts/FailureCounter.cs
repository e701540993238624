namespace LLMos.Server.Accounts;

/// <summary>Counts failures by key within a window that begins with the first; keeps a bounded number of keys.</summary>
internal sealed class FailureCounter(int limit, TimeSpan window, TimeProvider time)
{
    private const int MaxKeys = 10_000;

    private readonly Lock _gate = new();
    private readonly long _begun = time.GetTimestamp();
    private readonly Dictionary<string, (TimeSpan Until, int Count)> _windows = [];

    /// <summary>Keys with a window, past ones included until room is needed.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _windows.Count;
        }
    }

    /// <summary>Counts one attempt before it is made, so that attempts side by side count too.</summary>
    /// <returns>Null, or how long to wait when there were too many.</returns>
    public TimeSpan? Take(string key)
    {
        // Not by the clock: who sets it would open a window or lock people out for as long as it was ahead.
        var now = time.GetElapsedTime(_begun);
        lock (_gate)
        {
            var current = _windows.GetValueOrDefault(key);
            if (current.Until <= now)
                current = (now + window, 0);
            if (current.Count >= limit)
                return current.Until - now;

            MakeRoomUnderLock(key, now);
            _windows[key] = current with { Count = current.Count + 1 };
            return null;
        }
    }

    /// <summary>The attempt was no failure.</summary>
    public void GiveBack(string key)
    {
        lock (_gate)
        {
            if (_windows.TryGetValue(key, out var current) && current.Count > 1)
                _windows[key] = current with { Count = current.Count - 1 };
            else
                _windows.Remove(key);
        }
    }

    private void MakeRoomUnderLock(string key, TimeSpan now)
    {
        if (_windows.Count < MaxKeys || _windows.ContainsKey(key))
            return;

        foreach (var past in _windows.Where(pair => pair.Value.Until <= now).Select(pair => pair.Key).ToList())
            _windows.Remove(past);
        if (_windows.Count >= MaxKeys)
            _windows.Remove(_windows.MinBy(pair => pair.Value.Until).Key);
    }
}
