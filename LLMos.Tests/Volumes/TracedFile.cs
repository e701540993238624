namespace LLMos.Tests.Volumes;

/// <summary>The content of a file that may lose what was not synced: blocks of 4 KiB, some of them torn at a sector.</summary>
internal sealed class TracedFile(bool isFolder, byte[] content)
{
    private const int BlockBytes = 4096, SectorBytes = 512;

    private readonly List<Piece> _unsynced = [];
    private readonly MemoryStream _durable = Holding(content);

    public bool IsFolder => isFolder;

    /// <summary>What was begun may be on the disk from now on; the answer says that it is complete.</summary>
    public Action Write(long offset, byte[] bytes)
    {
        List<Piece> pieces = [];
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)Math.Min(bytes.Length - at, BlockBytes - ((offset + at) % BlockBytes));
            pieces.Add(new(offset + at, bytes.AsMemory(at, length)));
            at += length;
        }

        _unsynced.AddRange(pieces);
        return () => pieces.ForEach(piece => piece.IsComplete = true);
    }

    public Action Truncate(long length)
    {
        var piece = new Piece(length, null);
        _unsynced.Add(piece);
        return () => piece.IsComplete = true;
    }

    public Action Sync()
    {
        var covered = _unsynced.Where(piece => piece.IsComplete).ToList();
        return () =>
        {
            foreach (var piece in covered.Where(_unsynced.Remove))
                piece.ApplyTo(_durable);
        };
    }

    public byte[] AfterCut(Random random, bool inOrder)
    {
        using var left = Holding(_durable.ToArray());
        var (length, kept) = (left.Length, random.Next(_unsynced.Count + 1));
        foreach (var (piece, index) in _unsynced.Select((piece, index) => (piece, index)))
        {
            length = piece.Bytes is null ? piece.Offset : Math.Max(length, piece.Offset + piece.Bytes.Value.Length);
            if (inOrder ? index >= kept : random.Next(2) == 0)
                continue;
            (random.Next(16) == 0 ? piece.Torn(random.Next(BlockBytes / SectorBytes) * SectorBytes) : piece).ApplyTo(left);
        }

        // The length is written apart from what is in the blocks.
        if (!inOrder && length > left.Length && random.Next(4) == 0)
            left.SetLength(length);
        return left.ToArray();
    }

    private static MemoryStream Holding(byte[] content)
    {
        var stream = new MemoryStream(content.Length);
        stream.Write(content);
        return stream;
    }

    /// <param name="bytes">Null: the file ends at the offset.</param>
    private sealed class Piece(long offset, ReadOnlyMemory<byte>? bytes)
    {
        public long Offset => offset;

        public ReadOnlyMemory<byte>? Bytes => bytes;

        public bool IsComplete { get; set; }

        public Piece Torn(int most) => bytes is null ? this : new(offset, bytes.Value[..Math.Min(most, bytes.Value.Length)]);

        public void ApplyTo(MemoryStream content)
        {
            if (bytes is null)
            {
                content.SetLength(offset);
                return;
            }

            content.Position = offset;
            content.Write(bytes.Value.Span);
        }
    }
}
