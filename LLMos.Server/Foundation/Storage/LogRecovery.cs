namespace LLMos.Server.Foundation.Storage;

/// <param name="Offset">Of the first byte that cannot be read, in the file.</param>
/// <param name="Groups">How many acknowledged groups of changes cannot be read, at least.</param>
internal readonly record struct LogDamage(long Offset, long Groups);

/// <summary>What a change log has when a server starts: its whole groups, and whether something acknowledged is missing among them.</summary>
internal sealed class LogRecovery
{
    private readonly Stream _disk;
    private readonly long _salt;
    private readonly byte[] _segment = GC.AllocateUninitializedArray<byte>(SegmentHeader.Bytes + (SegmentHeader.MaxPages * SegmentHeader.PageBytes));

    /// <param name="start">Where the first segment lies.</param>
    /// <param name="isFormer">Of a version whose groups had no numbers: what is missing cannot be known.</param>
    public LogRecovery(Stream disk, long start, LogRound round, bool isFormer)
    {
        (_disk, _salt, End, Last, Highest) = (disk, round.Salt, start, round.Base, round.Base);
        ReadGroups(start, isFormer ? -1 : round.Base);
        if (!isFormer)
            LookBehind();
    }

    /// <summary>Where each page lies.</summary>
    public List<long> Places { get; } = [];

    /// <summary>Where the next group belongs.</summary>
    public long End { get; private set; }

    /// <summary>The checksum of the last segment; null: there is none.</summary>
    public ulong? Previous { get; private set; }

    /// <summary>Number of the last whole group, and the highest that any group has that was begun.</summary>
    public long Last { get; private set; }

    /// <inheritdoc cref="Last"/>
    public long Highest { get; private set; }

    public LogDamage? Damage { get; private set; }

    // Whole groups only, up to the first segment that does not verify or continues something else.
    private void ReadGroups(long start, long after)
    {
        var places = new List<long>();
        var at = start;
        ulong? expected = null;
        while (ReadSegment(at) is { } found && found.Header.Group > after && (expected is null || found.Header.Previous == expected))
        {
            for (var page = 0; page < found.Header.Pages; page++)
                places.Add(at + SegmentHeader.Bytes + (page * SegmentHeader.PageBytes));
            at += BytesOf(found.Header);
            expected = found.Checksum;
            if (!found.Header.EndsGroup)
                continue;

            Places.AddRange(places);
            places.Clear();
            (End, Previous, Last) = (at, found.Checksum, found.Header.Group);
        }
    }

    // A group is written after those before it were acknowledged: one that follows what was not found tells of a loss.
    // What an earlier round left, or a group that was being written when the power failed, does not.
    private void LookBehind()
    {
        var (acknowledged, at) = (Last, End);
        Highest = Last;
        while (ReadHeader(at) is { } header)
        {
            if (header.Pages == 0 || ReadSegment(at) is null)
            {
                at += SegmentHeader.Bytes;
                continue;
            }

            acknowledged = Math.Max(acknowledged, header.After);
            Highest = Math.Max(Highest, header.Group);
            at += BytesOf(header);
        }

        if (acknowledged > Last)
            Damage = new(End, acknowledged - Last);
    }

    private static int BytesOf(SegmentHeader header) => SegmentHeader.Bytes + (header.Pages * SegmentHeader.PageBytes);

    /// <returns>One of no pages where there is no header; null behind the end of the disk.</returns>
    private SegmentHeader? ReadHeader(long at)
    {
        _disk.Position = at;
        var block = _segment.AsSpan(0, SegmentHeader.Bytes);
        if (_disk.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) < block.Length)
            return null;
        return SegmentHeader.TryRead(block, out var header) ? header : default(SegmentHeader);
    }

    private (SegmentHeader Header, ulong Checksum)? ReadSegment(long at)
    {
        if (ReadHeader(at) is not { Pages: > 0 } header)
            return null;

        var body = _segment.AsSpan(SegmentHeader.Bytes, header.Pages * SegmentHeader.PageBytes);
        return _disk.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) == body.Length
            && SegmentHeader.Verifies(_segment.AsSpan(0, BytesOf(header)), _salt, out var checksum) ? (header, checksum) : null;
    }
}
