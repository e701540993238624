using System.Buffers.Binary;
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
    private readonly long _roundsAt, _start;

    // Where each durable page lies, and which pages of the database they are; then the pages of the group that is being made,
    // laid out as they will be written.
    private readonly List<long> _places;
    private readonly HashSet<uint> _numbers = [];
    private byte[] _group = [];
    private int _groupPages;
    private long _end;
    private ulong _previous;
    private LogRound _round;
    private int _nextRoundPlace;
    private bool _oldRoundShows;

    // Of the last group that was acknowledged, and the highest that one had that was begun.
    private long _last, _highest;

    /// <param name="disk">Keeps its size unless a group needs more.</param>
    /// <param name="sync">Returns when everything written to the disk is durable.</param>
    /// <param name="reservedBytes">The size that the disk was given in advance, and is cut back to.</param>
    /// <param name="start">Where the rounds are told, and then the segments lie; what is before is nothing of this.</param>
    /// <param name="isFormer">Of a version that told no rounds: only to be read.</param>
    public SegmentLog(Stream disk, Action sync, long reservedBytes, long start = 0, bool isFormer = false)
    {
        (_disk, _sync, _reservedBytes, _roundsAt, _start) = (disk, sync, reservedBytes, start, isFormer ? start : start + LogRound.Bytes);
        var rounds = new byte[LogRound.Bytes];
        disk.Position = start;
        _ = disk.ReadAtLeast(rounds, rounds.Length, throwOnEndOfStream: false);
        _round = isFormer ? default : LogRound.Find(rounds, out _nextRoundPlace) ?? default;

        var found = new LogRecovery(disk, _start, _round, isFormer);
        (_places, _end, _previous, _last, _highest, Damage) = (found.Places, found.End, found.Previous ?? NewRound(), found.Last, found.Highest, found.Damage);
        var page = new byte[SegmentHeader.PageBytes];
        for (var at = 0; at < _places.Count; at++)
        {
            Read(at, page);
            _numbers.Add(NumberOf(page));
        }
    }

    /// <summary>What was acknowledged and cannot be read; null: nothing, as far as it can be known.</summary>
    public LogDamage? Damage { get; }

    public long Pages
    {
        get
        {
            lock (_gate)
                return _places.Count + _groupPages;
        }
    }

    /// <summary>Whether the log has this page of the database, so that what the database file has of it does not count.</summary>
    public bool Has(long page)
    {
        lock (_gate)
            return _numbers.Contains((uint)page);
    }

    /// <summary>Which pages of the database wait for the next <see cref="Sync"/>.</summary>
    public IReadOnlyList<long> WaitingNumbers()
    {
        lock (_gate)
            return [.. Enumerable.Range(0, _groupPages).Select(page => (long)NumberOf(_group.AsSpan(PlaceInGroup(page))))];
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
            // Of a group that fails here the number is not used again.
            _highest++;
            for (var first = 0; first < _groupPages; first += SegmentHeader.MaxPages)
            {
                var pages = Math.Min(SegmentHeader.MaxPages, _groupPages - first);
                var header = new SegmentHeader(previous, pages, EndsGroup: first + pages == _groupPages, _highest, _last);
                previous = header.Seal(_group.AsSpan(PlaceInGroup(first) - SegmentHeader.Bytes, SegmentHeader.Bytes + (pages * SegmentHeader.PageBytes)), _round.Salt);
            }

            var length = PlaceInGroup(_groupPages - 1) + SegmentHeader.PageBytes;
            _disk.Position = _end;
            _disk.Write(_group, 0, length);
            _sync();

            for (var page = 0; page < _groupPages; page++)
            {
                _places.Add(_end + PlaceInGroup(page));
                _numbers.Add(NumberOf(_group.AsSpan(PlaceInGroup(page))));
            }

            (_end, _previous, _last) = (_end + length, previous, _highest);
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
            _numbers.Clear();
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

    // Until then a crash finds the whole round before, which changes nothing: the database file has it. But a group written
    // over it could destroy its end and not its beginning, and then old versions of pages would count again.
    private void HideOldRound()
    {
        if (!_oldRoundShows)
            return;

        var round = _round with { Base = _highest };
        _disk.Position = _roundsAt + (_nextRoundPlace * SegmentHeader.Bytes);
        _disk.Write(round.ToBlock());
        _sync();
        (_round, _nextRoundPlace, _last, _oldRoundShows) = (round, 1 - _nextRoundPlace, _highest, false);
    }

    private static uint NumberOf(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadUInt32LittleEndian(page);

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
