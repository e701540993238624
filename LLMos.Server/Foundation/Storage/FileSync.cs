using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The two ways to wait for the disk that .NET does not offer.</summary>
internal static partial class FileSync
{
    private const int CloseOnExec = 0x80000;

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

    private static void Check(int result, string call)
    {
        if (result < 0)
            throw new IOException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int DataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
