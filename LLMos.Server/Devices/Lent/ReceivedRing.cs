namespace LLMos.Server.Devices.Lent;

/// <summary>The newest bytes of a port, by their offset since it was opened. For two threads: one adds, one reads.</summary>
internal sealed class ReceivedRing(int capacity)
{
    private readonly Lock _gate = new();
    private readonly byte[] _bytes = new byte[capacity];
    private long _end;

    /// <summary>The oldest that is kept.</summary>
    public long First
    {
        get
        {
            lock (_gate)
                return Math.Max(0, _end - capacity);
        }
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            // Of more than it can hold, the end.
            var kept = bytes[Math.Max(0, bytes.Length - capacity)..];
            var at = (int)((_end + bytes.Length - kept.Length) % capacity);
            var whole = Math.Min(kept.Length, capacity - at);
            kept[..whole].CopyTo(_bytes.AsSpan(at));
            kept[whole..].CopyTo(_bytes);
            _end += bytes.Length;
        }
    }

    /// <summary>What is kept from an offset on.</summary>
    /// <returns>Where it begins, later than asked where that is gone; no bytes when there are none yet.</returns>
    public (long Offset, byte[] Bytes) Read(long offset, int most)
    {
        lock (_gate)
        {
            offset = Math.Clamp(offset, Math.Max(0, _end - capacity), _end);
            var bytes = new byte[Math.Min(most, _end - offset)];
            var at = (int)(offset % capacity);
            var whole = Math.Min(bytes.Length, capacity - at);
            _bytes.AsSpan(at, whole).CopyTo(bytes);
            _bytes.AsSpan(0, bytes.Length - whole).CopyTo(bytes.AsSpan(whole));
            return (offset, bytes);
        }
    }
}
