using System.Buffers.Binary;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The file of a <see cref="SegmentLog"/>: a first block that says how long the file was made, then room for segments.</summary>
/// <remarks>
/// Written whole once, as blocks that exist are cheaper to sync; only then it has its name. So a shorter one was cut, and what
/// is lost of it may have been acknowledged: a server that went on with the rest would destroy that for good.
/// </remarks>
internal static class ChangeLogFile
{
    private static ReadOnlySpan<byte> Magic => "LLMosLg1"u8;

    /// <summary>Makes a new, empty one, durable with its name, in the place of what is there.</summary>
    public static void Make(string path, long reservedBytes)
    {
        var making = $"{path}.new";
        using (var file = new FileStream(making, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0))
        {
            var block = new byte[1024 * 1024];
            Magic.CopyTo(block);
            BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(Magic.Length), reservedBytes);
            while (file.Position < reservedBytes)
            {
                file.Write(block, 0, (int)Math.Min(block.Length, reservedBytes - file.Position));
                block.AsSpan(0, SegmentHeader.Bytes).Clear();
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(making, path, overwrite: true);
        FileSync.Folder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Opens what is there; an empty one of another length than <paramref name="reservedBytes"/> is made anew.</summary>
    /// <exception cref="Errors.DomainException"><c>storage.damaged</c>.</exception>
    public static SegmentLog Open(string path, long reservedBytes)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            var (start, reserved) = Check(file);
            var log = new SegmentLog(file, () => FileSync.Data(file.SafeFileHandle), reserved, start);
            if (log.Pages > 0 || (reserved == reservedBytes && start > 0))
                return log;
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        Make(path, reservedBytes);
        return Open(path, reservedBytes);
    }

    private static (long Start, long Reserved) Check(FileStream file)
    {
        var blocks = new byte[2 * SegmentHeader.Bytes];
        if (file.ReadAtLeast(blocks, blocks.Length, throwOnEndOfStream: false) == blocks.Length)
        {
            if (blocks.AsSpan().StartsWith(Magic) && BinaryPrimitives.ReadInt64LittleEndian(blocks.AsSpan(Magic.Length)) is var reserved)
                return reserved <= file.Length ? (SegmentHeader.Bytes, reserved) : throw StorageErrors.ChangeLogDamaged(file.Name, $"it ends after {file.Length} bytes and should have {reserved}");

            // Earlier versions began with the first segment, or with nothing when all was in the database.
            var isEmpty = !blocks.AsSpan(0, SegmentHeader.Bytes).ContainsAnyExcept((byte)0) && !SegmentHeader.TryRead(blocks.AsSpan(SegmentHeader.Bytes), out _);
            if (isEmpty || SegmentHeader.TryRead(blocks, out _))
                return (0, file.Length);
        }

        throw StorageErrors.ChangeLogDamaged(file.Name, "its first block is not that of a change log");
    }
}
