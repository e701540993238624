using System.Runtime.InteropServices;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The database's three files, and the lock that keeps a second server out of the folder while this one lives.</summary>
internal sealed partial class DataFolder : IDisposable
{
    // What flock answers when somebody else holds the lock: EWOULDBLOCK.
    private const int WouldBlock = 11;

    public const string DatabaseName = "llmos.db", ChangeLogName = "llmos.wal", LockName = "llmos.lock";

    private const uint OthersNothing = 0b000_111_111;

    private readonly FileStream _lock;

    /// <exception cref="Errors.DomainException"><c>storage.in_use</c> or <c>storage.unusable</c>.</exception>
    public DataFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        try
        {
            // What this process makes from here on is for its user alone; LiteDB and others take no mode for their files.
            _ = SetMask(OthersNothing);
            Directory.CreateDirectory(Path);
            _lock = new(In(LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure.HResult == WouldBlock)
        {
            throw StorageErrors.InUse(Path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Unusable(Path, failure.Message);
        }
    }

    public string Path { get; }

    public string DatabaseFile => In(DatabaseName);

    /// <summary>Where a new database is made, so that the real name only ever belongs to a whole one.</summary>
    public string NewDatabaseFile => In("llmos.db.new");

    private string ChangeLogFile => In(ChangeLogName);

    /// <summary>Opens the change log, <paramref name="reservedBytes"/> long and written once: blocks that exist are cheaper to sync.</summary>
    public SegmentLog OpenChangeLog(long reservedBytes)
    {
        var file = new FileStream(ChangeLogFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            if (file.Length < reservedBytes)
                Reserve(file, reservedBytes);
            return new(file, () => FileSync.Data(file.SafeFileHandle), reservedBytes);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    private void Reserve(FileStream file, long bytes)
    {
        var zeros = new byte[1024 * 1024];
        file.Position = file.Length;
        while (file.Position < bytes)
            file.Write(zeros, 0, (int)Math.Min(zeros.Length, bytes - file.Position));
        file.Flush(flushToDisk: true);
        FileSync.Folder(Path);
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
