namespace LLMos.Server.Foundation.Storage;

/// <summary>What one LiteDB engine sees of the database file: whole pages, each with a <see cref="PageSeal"/> that it knows nothing of.</summary>
/// <param name="disk">The file; it stays open.</param>
/// <param name="name">For people.</param>
/// <param name="log">What it has of a page counts, not what the file has: a crash may have left that half written.</param>
/// <param name="damaged">Called with the number of each page that is not what was written.</param>
internal sealed class EngineDataStream(Stream disk, string name, SegmentLog? log = null, Action<long>? damaged = null) : Stream
{
    private readonly byte[] _page = new byte[SegmentHeader.PageBytes];
    private bool _allSealed = disk.Length == 0 || IsSealed(disk);
    private bool _closed;

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => disk.CanWrite;
    public override long Length => disk.Length;
    public override long Position { get; set; }

    /// <summary>Seals every page of a file of a time before seals, once. What is there is believed, if it looks like pages.</summary>
    /// <remarks>Nothing but the seals is changed, and page 0 says last that all have one: a power cut only means to do it again.</remarks>
    /// <exception cref="Errors.DomainException"><c>storage.damaged</c>.</exception>
    public void SealAll()
    {
        if (_allSealed)
            return;

        var pages = disk.Length / SegmentHeader.PageBytes;
        for (var number = 1L; number <= pages; number++)
        {
            var last = number == pages;
            if (last)
                disk.Flush();
            var at = last ? 0 : number;
            Position = at * SegmentHeader.PageBytes;
            if (log?.Has(at) == true && !last)
                continue;
            if (Read(_page, 0, _page.Length) < _page.Length)
                break;
            _allSealed = last;
            Position = at * SegmentHeader.PageBytes;
            Write(_page, 0, _page.Length);
        }

        Flush();
    }

    /// <exception cref="Errors.DomainException"><c>storage.damaged</c>: the page is not what was written there.</exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        if (count != SegmentHeader.PageBytes || Position % SegmentHeader.PageBytes != 0)
            throw new IOException($"LiteDB read {count} bytes at {Position} of its database: not one page.");

        var number = Position / SegmentHeader.PageBytes;
        disk.Position = Position;
        var page = buffer.AsSpan(offset, count);
        if (disk.ReadAtLeast(page, count, throwOnEndOfStream: false) < count)
            return 0;
        if (!PageSeal.Take(page, number, _allSealed) && log?.Has(number) != true)
        {
            damaged?.Invoke(number);
            throw StorageErrors.PageDamaged(name, number);
        }

        Position += count;
        return count;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (_closed)
            throw new IOException("The engine was dropped.");
        if (count != SegmentHeader.PageBytes || Position % SegmentHeader.PageBytes != 0)
            throw new IOException($"LiteDB wrote {count} bytes at {Position} of its database: not one page.");

        buffer.AsSpan(offset, count).CopyTo(_page);
        PageSeal.Put(_page, Position / SegmentHeader.PageBytes, _allSealed);
        disk.Position = Position;
        disk.Write(_page, 0, count);
        Position += count;
    }

    public override void SetLength(long value)
    {
        if (!_closed)
            disk.SetLength(value);
    }

    /// <summary>Returns when all that was written is durable.</summary>
    public override void Flush()
    {
        if (disk is FileStream file)
            file.Flush(flushToDisk: true);
        else
            disk.Flush();
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Takes the file away from its engine, which may have threads that end later.</summary>
    public void Detach() => _closed = true;

    private static bool IsSealed(Stream disk)
    {
        var page = new byte[SegmentHeader.PageBytes];
        disk.Position = 0;
        return disk.ReadAtLeast(page, page.Length, throwOnEndOfStream: false) == page.Length && PageSeal.IsOfSealedDatabase(page);
    }
}
