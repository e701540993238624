namespace LLMos.Server.Foundation.Storage;

/// <summary>The room that the database file takes on its disk.</summary>
/// <remarks>
/// What the log has is copied into the file later, and must find room there even if the disk is full by then. LiteDB never
/// makes the file smaller: of pages that it does not use, the disk gets back what is behind their heads.
/// </remarks>
internal sealed class DatabaseRoom(Stream disk)
{
    private const long PagesAhead = 1024 * 1024 / SegmentHeader.PageBytes;

    // LiteDB 5's page: its kind, of which 0 is unused; the rest of such a page is zeroes. A disk's block holds the head.
    private const int KindAt = 4, BlockBytes = 4096;

    private readonly FileStream? _file = disk as FileStream;
    private long _pages;
    private bool? _hasHoles;

    /// <summary>Has the disk keep room for these pages.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Keep(IReadOnlyList<long> pages)
    {
        if (_file is null)
            return;

        if (_hasHoles ??= FileSync.HasHoles(_file.SafeFileHandle, _file.Length))
        {
            foreach (var page in pages)
                FileSync.Allocate(_file.SafeFileHandle, page * SegmentHeader.PageBytes, SegmentHeader.PageBytes);
        }

        if (pages.Max() + 1 is var needed && needed <= _pages)
            return;

        // In steps, while there is room.
        var ahead = (needed + PagesAhead - 1) / PagesAhead * PagesAhead;
        var from = _file.Length / SegmentHeader.PageBytes * SegmentHeader.PageBytes;
        if (ahead * SegmentHeader.PageBytes <= from)
            _pages = ahead;
        else if (FileSync.TryAllocate(_file.SafeFileHandle, from, (ahead * SegmentHeader.PageBytes) - from))
            _pages = ahead;
        else if (needed * SegmentHeader.PageBytes > from)
            FileSync.Allocate(_file.SafeFileHandle, from, (needed * SegmentHeader.PageBytes) - from);
    }

    /// <summary>Gives back what unused pages take. Only while the file is all there is: nothing of it may wait in the log.</summary>
    public void GiveBack()
    {
        if (_file is null)
            return;

        var page = new byte[SegmentHeader.PageBytes];
        for (var number = 1L; number < _file.Length / SegmentHeader.PageBytes; number++)
        {
            var at = number * SegmentHeader.PageBytes;
            _file.Position = at;
            _file.ReadExactly(page);
            if (page[KindAt] != 0 || page.AsSpan(BlockBytes).ContainsAnyExcept((byte)0) || !PageSeal.Take(page, number, required: true))
                continue;
            FileSync.GiveBack(_file.SafeFileHandle, at + BlockBytes, SegmentHeader.PageBytes - BlockBytes);
            _hasHoles = true;
        }
    }
}
