namespace LLMos.Tests.Foundation;

/// <summary>A disk in memory that can lose its power: what was not synced survives in blocks of 4 KiB, or not.</summary>
internal sealed class PowerCutDisk(int bytes) : MemoryStream(new byte[bytes], 0, bytes, writable: true, publiclyVisible: true)
{
    public const int BlockBytes = 4096;

    private readonly byte[] _durable = new byte[bytes];
    private readonly List<(int Block, byte[] Content)> _unsynced = [];

    // MemoryStream brings writes of spans here too.
    public override void Write(byte[] buffer, int offset, int count)
    {
        var first = (int)(Position / BlockBytes);
        base.Write(buffer, offset, count);
        for (var block = first; block * BlockBytes < Position; block++)
            _unsynced.Add((block, GetBuffer().AsSpan(block * BlockBytes, BlockBytes).ToArray()));
    }

    /// <summary>Runs when a sync was asked for and has not happened.</summary>
    public Action? BeforeSync { get; set; }

    public void Sync()
    {
        BeforeSync?.Invoke();
        foreach (var (block, content) in _unsynced)
            content.CopyTo(_durable, block * BlockBytes);
        _unsynced.Clear();
    }

    /// <summary>Loses the power: only now is it decided what the disk holds.</summary>
    public void Cut(Random random, bool inOrder)
    {
        var kept = random.Next(_unsynced.Count + 1);
        for (var at = 0; at < _unsynced.Count; at++)
        {
            var (block, content) = _unsynced[at];
            if (inOrder ? at < kept : random.Next(2) == 0)
                content.CopyTo(_durable, block * BlockBytes);
        }

        foreach (var (block, _) in _unsynced)
            _durable.AsSpan(block * BlockBytes, BlockBytes).CopyTo(GetBuffer().AsSpan(block * BlockBytes));
        _unsynced.Clear();
    }
}
