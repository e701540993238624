using System.Buffers.Binary;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The file of a <see cref="SegmentLog"/>: a first block that says how long the file was made, then its rounds and room for segments.</summary>
/// <remarks>
/// Written whole once, as blocks that exist are cheaper to sync; only then it has its name. So a shorter one was cut, and what
/// is lost of it may have been acknowledged: a server that went on with the rest would destroy that for good.
/// </remarks>
internal static class ChangeLogFile
{
    private static ReadOnlySpan<byte> Magic => "LLMosLg2"u8;

    // Told no rounds, and its groups had no numbers.
    private static ReadOnlySpan<byte> FormerMagic => "LLMosLg1"u8;

    /// <summary>Makes a new, empty one, durable with its name, in the place of what is there.</summary>
    public static void Make(string path, long reservedBytes)
    {
        var making = $"{path}.new";
        using (var file = new FileStream(making, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0))
        {
            var block = new byte[1024 * 1024];
            Magic.CopyTo(block);
            BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(Magic.Length), reservedBytes);
            LogRound.New().ToBlock().CopyTo(block, SegmentHeader.Bytes);
            while (file.Position < reservedBytes)
            {
                file.Write(block, 0, (int)Math.Min(block.Length, reservedBytes - file.Position));
                block.AsSpan(0, 2 * SegmentHeader.Bytes).Clear();
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(making, path, overwrite: true);
        FileSync.Folder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Opens what is there; an empty one of another length than <paramref name="reservedBytes"/> is made anew.</summary>
    /// <param name="isFormer">Whether it is of an earlier form and has something: it can be read, and must not be written.</param>
    /// <exception cref="Errors.DomainException"><c>storage.damaged</c>.</exception>
    public static SegmentLog Open(string path, long reservedBytes, out bool isFormer)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            (var start, var reserved, isFormer) = Check(file);
            var log = new SegmentLog(file, () => FileSync.Data(file.SafeFileHandle), reserved, start, isFormer);
            if (log.Damage is { } damage)
                throw StorageErrors.ChangeLogDamaged(path, $"what begins at byte {damage.Offset} cannot be read, and whole changes follow it; {damage.Groups} acknowledged writes or groups of them are missing, at least");
            if (log.Pages > 0 || (reserved == reservedBytes && !isFormer) || (!isFormer && !TryMake(path, reservedBytes)))
                return log;
            if (isFormer && start > 0)
                BringForward(file);
            else if (isFormer)
                Make(path, reservedBytes);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return Open(path, reservedBytes, out isFormer);
    }

    /// <summary>Opens as much as can be read of a damaged one; null: nothing can.</summary>
    public static SegmentLog? Salvage(string path)
    {
        if (!File.Exists(path))
            return null;

        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            var (start, reserved, isFormer) = Check(file);
            return new(file, () => FileSync.Data(file.SafeFileHandle), reserved, start, isFormer);
        }
        catch (Errors.DomainException)
        {
            file.Dispose();
            return null;
        }
    }

    /// <returns>False on a full disk, where the one of another length does as well.</returns>
    private static bool TryMake(string path, long reservedBytes)
    {
        try
        {
            Make(path, reservedBytes);
            return true;
        }
        catch (IOException failure) when (StorageErrors.IsFull(failure))
        {
            File.Delete($"{path}.new");
            return false;
        }
    }

    /// <summary>Gives an empty one of the earlier form its rounds. Needs no room: an update is what many try on a full disk.</summary>
    private static void BringForward(FileStream file)
    {
        file.Position = SegmentHeader.Bytes;
        file.Write(LogRound.New().ToBlock());
        file.Write(new byte[SegmentHeader.Bytes]);
        FileSync.Data(file.SafeFileHandle);
        file.Position = 0;
        file.Write(Magic);
        FileSync.Data(file.SafeFileHandle);
    }

    private static (long Start, long Reserved, bool IsFormer) Check(FileStream file)
    {
        var blocks = new byte[SegmentHeader.Bytes + LogRound.Bytes];
        if (file.ReadAtLeast(blocks, blocks.Length, throwOnEndOfStream: false) == blocks.Length)
        {
            var isFormer = blocks.AsSpan().StartsWith(FormerMagic);
            if (isFormer || blocks.AsSpan().StartsWith(Magic))
            {
                var reserved = BinaryPrimitives.ReadInt64LittleEndian(blocks.AsSpan(Magic.Length));
                if (reserved > file.Length)
                    throw StorageErrors.ChangeLogDamaged(file.Name, $"it ends after {file.Length} bytes and should have {reserved}");
                if (!isFormer && LogRound.Find(blocks.AsSpan(SegmentHeader.Bytes), out _) is null)
                    throw StorageErrors.ChangeLogDamaged(file.Name, $"where its round begins cannot be read, at byte {SegmentHeader.Bytes}");
                return (SegmentHeader.Bytes, reserved, isFormer);
            }

            // Still earlier ones began with the first segment, or with an erased one when all was in the database: a page follows it.
            var page = blocks.AsSpan(SegmentHeader.Bytes, 32);
            var isErased = !blocks.AsSpan(0, SegmentHeader.Bytes).ContainsAnyExcept((byte)0) && page.ContainsAnyExcept((byte)0)
                && !SegmentHeader.TryRead(blocks.AsSpan(SegmentHeader.Bytes), out _) && LogRound.Find(blocks.AsSpan(SegmentHeader.Bytes), out _) is null;
            if (isErased || SegmentHeader.TryRead(blocks, out _))
                return (0, file.Length, true);
        }

        throw StorageErrors.ChangeLogDamaged(file.Name, "its first block is not that of a change log");
    }
}
