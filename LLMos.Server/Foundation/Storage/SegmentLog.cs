using System.Security.Cryptography;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The database's change log: pages that are durable when <see cref="Sync"/> returns, all of a group or none.</summary>
/// <remarks>
/// The file keeps its size, so one <c>fdatasync</c> of overwritten blocks is all that a group costs; what makes that safe
/// when the power fails between blocks is the checksum of every segment. Pages are read back by number.
/// </remarks>
internal sealed class SegmentLog : IDisposable
{
    private const int FullSegmentBytes = SegmentHeader.Bytes + (SegmentHeader.MaxPages * SegmentHeader.PageBytes);
    private const int KeptBufferBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Stream _disk;
    private readonly Action _sync;
    private readonly long _reservedBytes;
    private readonly long _start;

    // Where each durable page lies; then the pages of the group that is being made, laid out as they will be written.
    private readonly List<long> _places = [];
    private byte[] _group = [];
    private int _groupPages;
    private long _end;
    private ulong _previous = NewRound();
    private bool _oldRoundShows;

    /// <param name="disk">Keeps its size unless a group needs more.</param>
    /// <param name="sync">Returns when everything written to the disk is durable.</param>
    /// <param name="reservedBytes">The size that the disk was given in advance, and is cut back to.</param>
    /// <param name="start">Where the first segment lies; what is before is nothing of this.</param>
    public SegmentLog(Stream disk, Action sync, long reservedBytes, long start = 0)
    {
        (_disk, _sync, _reservedBytes, _start, _end) = (disk, sync, reservedBytes, start, start);
        Recover();
    }

    public long Pages
    {
        get
        {
            lock (_gate)
                return _places.Count + _groupPages;
        }
    }

    public void Append(ReadOnlySpan<byte> page)
    {
        lock (_gate)
        {
            var at = PlaceInGroup(_groupPages);
            if (at + SegmentHeader.PageBytes > _group.Length)
                Array.Resize(ref _group, (int)Math.Min(Array.MaxLength, Math.Max(64L * SegmentHeader.PageBytes, _group.Length * 2L)));
            page.CopyTo(_group.AsSpan(at, SegmentHeader.PageBytes));
            _groupPages++;
        }
    }

    public void Read(long page, Span<byte> target)
    {
        lock (_gate)
        {
            if (page >= _places.Count)
            {
                _group.AsSpan(PlaceInGroup((int)(page - _places.Count)), SegmentHeader.PageBytes).CopyTo(target);
                return;
            }

            _disk.Position = _places[(int)page];
            _disk.ReadExactly(target);
        }
    }

    /// <summary>Makes the pages since the last call durable, as one group: one write, one wait for the disk.</summary>
    /// <exception cref="IOException">It is not known whether the group is on the disk; <see cref="Discard"/> must follow.</exception>
    public void Sync()
    {
        lock (_gate)
        {
            if (_groupPages == 0)
                return;

            HideOldRound();
            var previous = _previous;
            for (var first = 0; first < _groupPages; first += SegmentHeader.MaxPages)
            {
                var pages = Math.Min(SegmentHeader.MaxPages, _groupPages - first);
                var header = new SegmentHeader(previous, pages, EndsGroup: first + pages == _groupPages);
                previous = header.Seal(_group.AsSpan(PlaceInGroup(first) - SegmentHeader.Bytes, SegmentHeader.Bytes + (pages * SegmentHeader.PageBytes)));
            }

            var length = PlaceInGroup(_groupPages - 1) + SegmentHeader.PageBytes;
            _disk.Position = _end;
            _disk.Write(_group, 0, length);
            _sync();

            for (var page = 0; page < _groupPages; page++)
                _places.Add(_end + PlaceInGroup(page));
            _end += length;
            _previous = previous;
            Forget();
        }
    }

    /// <summary>Drops the pages that no <see cref="Sync"/> has made durable.</summary>
    public void Discard()
    {
        lock (_gate)
            Forget();
    }

    /// <summary>Starts over, after every page was made durable elsewhere.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            _places.Clear();
            Forget();
            (_end, _previous, _oldRoundShows) = (_start, NewRound(), true);
            if (_disk.Length > _reservedBytes)
                _disk.SetLength(_reservedBytes);
        }
    }

    /// <summary>Like <see cref="Restart"/>, and nothing is found on the disk either: for a database that may be copied or replaced.</summary>
    public void Erase()
    {
        lock (_gate)
        {
            Restart();
            HideOldRound();
        }
    }

    public void Dispose() => _disk.Dispose();

    // Recovery stops at the first segment that does not verify, and keeps whole groups only.
    private void Recover()
    {
        var segment = GC.AllocateUninitializedArray<byte>(FullSegmentBytes);
        var places = new List<long>();
        var at = _start;
        ulong? expected = null;
        while (ReadSegment(segment, at) is { } found && (expected is null || found.Header.Previous == expected))
        {
            for (var page = 0; page < found.Header.Pages; page++)
                places.Add(at + SegmentHeader.Bytes + (page * SegmentHeader.PageBytes));
            at += SegmentHeader.Bytes + (found.Header.Pages * SegmentHeader.PageBytes);
            expected = found.Checksum;
            if (!found.Header.EndsGroup)
                continue;

            _places.AddRange(places);
            places.Clear();
            (_end, _previous) = (at, found.Checksum);
        }
    }

    private (SegmentHeader Header, ulong Checksum)? ReadSegment(byte[] segment, long at)
    {
        _disk.Position = at;
        if (_disk.ReadAtLeast(segment.AsSpan(0, SegmentHeader.Bytes), SegmentHeader.Bytes, throwOnEndOfStream: false) < SegmentHeader.Bytes
            || !SegmentHeader.TryRead(segment, out var header))
            return null;

        var body = segment.AsSpan(SegmentHeader.Bytes, header.Pages * SegmentHeader.PageBytes);
        if (_disk.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) < body.Length
            || !SegmentHeader.Verifies(segment.AsSpan(0, SegmentHeader.Bytes + body.Length), out var checksum))
            return null;

        return (header, checksum);
    }

    // Until then a crash finds the whole round before, which changes nothing: the database file has it. But a group written
    // over it could destroy its end and not its beginning, and then old versions of pages would count again.
    private void HideOldRound()
    {
        if (!_oldRoundShows)
            return;

        _disk.Position = _start;
        _disk.Write(new byte[SegmentHeader.Bytes]);
        _sync();
        _oldRoundShows = false;
    }

    private void Forget()
    {
        _groupPages = 0;
        if (_group.Length > KeptBufferBytes)
            _group = [];
    }

    private static int PlaceInGroup(int page)
    {
        var (segment, inSegment) = Math.DivRem(page, SegmentHeader.MaxPages);
        return checked((segment * FullSegmentBytes) + SegmentHeader.Bytes + (inSegment * SegmentHeader.PageBytes));
    }

    private static ulong NewRound()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        return BitConverter.ToUInt64(random);
    }
}
