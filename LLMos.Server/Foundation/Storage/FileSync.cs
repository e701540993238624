using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Foundation.Storage;

/// <summary>What the server wants of the disk and .NET does not offer: to wait for it, and to keep room on it.</summary>
internal static partial class FileSync
{
    private const int CloseOnExec = 0x80000;

    // fallocate: the length stays; what it answers when the file system cannot, was interrupted, or is full.
    private const int KeepSize = 1, PunchHole = 2, NotSupported = 95, NotKnown = 38, Interrupted = 4;

    // lseek: to the first hole, the end of a file being one.
    private const int SeekHole = 4;

    /// <summary>Content only: a file that kept its size needs no journal write, which makes this some three times cheaper.</summary>
    public static void Data(SafeFileHandle file) => Check(DataSync(file), "fdatasync");

    /// <summary>Makes names in a folder durable: files that were created in it or moved into it.</summary>
    public static void Folder(string path)
    {
        var folder = Open(path, CloseOnExec);
        Check(folder, "open");
        try
        {
            Check(Sync(folder), "fsync");
        }
        finally
        {
            _ = Close(folder);
        }
    }

    /// <summary>Has the disk keep room for a part of a file, also behind its end. Nothing, where the file system knows no such thing.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public static void Allocate(SafeFileHandle file, long offset, long bytes)
    {
        if (!TryAllocate(file, offset, bytes))
            throw new IOException($"fallocate: {Marshal.GetPInvokeErrorMessage(StorageErrors.NoSpace)}", StorageErrors.NoSpace);
    }

    /// <returns>False: there is no room for all of them.</returns>
    public static bool TryAllocate(SafeFileHandle file, long offset, long bytes) => Try(file, KeepSize, offset, bytes);

    /// <summary>Gives the disk back a part of a file, which reads as zeroes then. Nothing, where the file system knows no such thing.</summary>
    public static void GiveBack(SafeFileHandle file, long offset, long bytes) => Try(file, KeepSize | PunchHole, offset, bytes);

    /// <summary>Whether parts of a file have no room of their own; false, where that cannot be known.</summary>
    public static bool HasHoles(SafeFileHandle file, long length) => Seek(file, 0, SeekHole) is var hole && hole >= 0 && hole < length;

    private static bool Try(SafeFileHandle file, int mode, long offset, long bytes)
    {
        while (FileAllocate(file, mode, offset, bytes) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error is StorageErrors.NoSpace or StorageErrors.OverQuota)
                return false;
            if (error is NotSupported or NotKnown)
                return true;
            if (error != Interrupted)
                throw new IOException($"fallocate: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }

        return true;
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
            throw new IOException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    private static partial int FileAllocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    private static partial long Seek(SafeFileHandle file, long offset, int from);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int DataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
