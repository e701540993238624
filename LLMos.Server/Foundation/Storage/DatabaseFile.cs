using System.Buffers.Binary;

namespace LLMos.Server.Foundation.Storage;

/// <summary>Looks at a database file before LiteDB does, because LiteDB crops, upgrades and repairs without being asked.</summary>
internal static class DatabaseFile
{
    // Offsets of LiteDB 5's header page.
    private const int InfoAt = 32;
    private const int VersionAt = 59;
    private const int LastPageAt = 64;
    private const byte Version = 8;

    private static ReadOnlySpan<byte> Info => "** This is a LiteDB file **"u8;

    /// <exception cref="Errors.DomainException"><c>storage.damaged</c>: not a database, or one that has lost pages.</exception>
    public static void Check(string path, SegmentLog log)
    {
        var header = new byte[SegmentHeader.PageBytes];
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var length = RandomAccess.GetLength(file);
        if (RandomAccess.Read(file, header, 0) < header.Length || !header.AsSpan(InfoAt).StartsWith(Info) || header[VersionAt] != Version)
            throw StorageErrors.Damaged(path, "its first page is not that of a database");

        // A crash in the middle of a checkpoint may leave the file short of pages that the log still has.
        var logged = new HashSet<uint>();
        var page = new byte[SegmentHeader.PageBytes];
        for (var number = 0L; number < log.Pages; number++)
        {
            log.Read(number, page);
            var id = BinaryPrimitives.ReadUInt32LittleEndian(page);
            logged.Add(id);
            if (id == 0)
                page.CopyTo(header, 0);
        }

        var last = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(LastPageAt));
        for (var missing = length / SegmentHeader.PageBytes; missing <= last; missing++)
        {
            if (!logged.Contains((uint)missing))
                throw StorageErrors.Damaged(path, $"it ends after {length} bytes and should have {(last + 1L) * SegmentHeader.PageBytes}");
        }
    }
}
