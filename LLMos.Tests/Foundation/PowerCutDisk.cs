namespace LLMos.Tests.Foundation;

/// <summary>A disk in memory that can lose its power: what was not synced survives in blocks of 4 KiB, or not.</summary>
internal sealed class PowerCutDisk(int capacity) : MemoryStream(new byte[capacity], 0, capacity, writable: true, publiclyVisible: true)
{
    public const int BlockBytes = 4096;

    private readonly byte[] _durable = new byte[capacity];
    private readonly List<(int Block, byte[] Content)> _unsynced = [];
    private long _durableLength;

    /// <summary>Runs before each write; it may throw.</summary>
    public Action? BeforeWrite { get; set; }

    /// <summary>Runs when a sync was asked for and has not happened; it may throw.</summary>
    public Action? BeforeSync { get; set; }

    // MemoryStream brings writes of spans here too.
    public override void Write(byte[] buffer, int offset, int count)
    {
        BeforeWrite?.Invoke();
        var first = (int)(Position / BlockBytes);
        base.Write(buffer, offset, count);
        for (var block = first; block * BlockBytes < Position; block++)
            _unsynced.Add((block, GetBuffer().AsSpan(block * BlockBytes, BlockBytes).ToArray()));
    }

    public override void Flush() => Sync();

    public void Sync()
    {
        BeforeSync?.Invoke();
        foreach (var (block, content) in _unsynced)
            content.CopyTo(_durable, block * BlockBytes);
        _unsynced.Clear();
        _durableLength = Length;
    }

    // It outlives the programs that use it.
    public override void Close()
    {
        // Nothing to give back.
    }

    /// <summary>Loses the power: only now is it decided what the disk holds.</summary>
    public void Cut(Random random, bool inOrder)
    {
        var kept = random.Next(_unsynced.Count + 1);
        for (var at = 0; at < _unsynced.Count; at++)
        {
            if (inOrder ? at >= kept : random.Next(2) == 0)
                continue;

            var (block, content) = _unsynced[at];
            content.CopyTo(_durable, block * BlockBytes);
            _durableLength = Math.Max(_durableLength, (block + 1) * BlockBytes);
        }

        foreach (var (block, _) in _unsynced)
            _durable.AsSpan(block * BlockBytes, BlockBytes).CopyTo(GetBuffer().AsSpan(block * BlockBytes));
        _unsynced.Clear();
        SetLength(_durableLength);
    }
}
