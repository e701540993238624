namespace LLMos.Server.Foundation.Streams;

/// <summary>The newest stretch of the file, kept in memory in the file's own form.</summary>
/// <remarks>
/// Bytes are never moved or reused once a reader may see them, so a batch is a set of slices without a copy; the collector
/// frees a chunk when the last batch that shows it is gone. <see cref="Reserve"/> is the producer's; the rest is called
/// under the log's gate.
/// </remarks>
internal sealed class LogTail(int capacity)
{
    // Stays below the large object heap's threshold, which is collected only with everything else.
    private const int ChunkBytes = 64 * 1024;
    private const int FirstChunkBytes = 4 * 1024;

    private readonly Queue<Chunk> _chunks = new();
    private Chunk? _newest;
    private Chunk? _reserved;
    private int _held;

    public bool Fits(int length) => length <= capacity;

    /// <summary>Room for one record at <paramref name="offset"/> of the file; it becomes visible with <see cref="Commit"/>.</summary>
    public Span<byte> Reserve(long offset, int length)
    {
        _reserved = _newest is { } newest && newest.Bytes.Length - newest.Used >= length
            ? newest
            : new(offset, GC.AllocateUninitializedArray<byte>(Math.Max(length, NextSize())));
        return _reserved.Bytes.AsSpan(_reserved.Used, length);
    }

    public void Commit(int length)
    {
        var chunk = _reserved!;
        chunk.Used += length;
        if (chunk == _newest)
            return;

        _newest = chunk;
        _chunks.Enqueue(chunk);
        _held += chunk.Bytes.Length;
        while (_held > capacity && _chunks.Count > 1)
            _held -= _chunks.Dequeue().Bytes.Length;
    }

    public void Clear()
    {
        _chunks.Clear();
        (_newest, _reserved, _held) = (null, null, 0);
    }

    /// <summary>Whole records from <paramref name="offset"/> on; empty when that is no longer, or not yet, in memory.</summary>
    public ReadOnlyMemory<byte> From(long offset)
    {
        foreach (var chunk in _chunks)
        {
            if (offset >= chunk.Offset && offset < chunk.Offset + chunk.Used)
                return chunk.Bytes.AsMemory((int)(offset - chunk.Offset)..chunk.Used);
        }

        return default;
    }

    // Most logs are short, and many may be live.
    private int NextSize() => Math.Min(capacity, Math.Clamp(_held, FirstChunkBytes, ChunkBytes));

    private sealed class Chunk(long offset, byte[] bytes)
    {
        public long Offset { get; } = offset;
        public byte[] Bytes { get; } = bytes;
        public int Used { get; set; }
    }
}
