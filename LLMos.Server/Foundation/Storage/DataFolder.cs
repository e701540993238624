using System.Runtime.InteropServices;
using LLMos.Server.Foundation.Storage.Backups;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The database's three files, and the lock that keeps a second server out of the folder while this one lives.</summary>
internal sealed partial class DataFolder : IDisposable
{
    // What flock answers when somebody else holds the lock: EWOULDBLOCK.
    private const int WouldBlock = 11;

    public const string DatabaseName = "llmos.db", ChangeLogName = "llmos.wal", LockName = "llmos.lock", ContentsName = "contents", IncomingName = "incoming";

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

    public string ChangeLog => In(ChangeLogName);

    /// <summary>That a restore has begun to replace files and has not ended.</summary>
    public bool IsHalfRestored => File.Exists(In(RestoreCommand.Mark));

    /// <summary>What shows that a database belongs here; null: nothing.</summary>
    /// <remarks>Who stopped while making the first one left its beginnings, and nothing else.</remarks>
    public string? TraceOfDatabase() =>
        File.Exists(ChangeLog) && !File.Exists(NewDatabaseFile) ? ChangeLogName
        : Directory.Exists(In(RestoreCommand.Incoming)) ? RestoreCommand.Incoming
        : Directory.Exists(In(ContentsName)) && Directory.EnumerateFiles(In(ContentsName), "*", SearchOption.AllDirectories).Any() ? ContentsName
        : null;

    public void Dispose() => _lock.Dispose();

    private string In(string name) => System.IO.Path.Combine(Path, name);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
