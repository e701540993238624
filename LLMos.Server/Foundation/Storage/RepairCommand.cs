using System.Globalization;
using LLMos.Server.Foundation.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Storage;

/// <summary><c>LLMos.Server repair</c>: goes on with what can be read of a damaged change log, and sets aside what was there. No server may run.</summary>
internal static class RepairCommand
{
    /// <summary>How the folders begin that hold the files as they were.</summary>
    public const string Aside = "damaged-";

    private const string Word = "repair";

    /// <returns>Whether it is meant; then the word is taken out of <paramref name="args"/>, the rest are settings.</returns>
    public static bool IsIn(ref string[] args)
    {
        if (args is not [Word, .. var settings])
            return false;
        args = settings;
        return true;
    }

    /// <returns>The exit status, 0.</returns>
    public static int Run(IServiceProvider services)
    {
        var aside = Repair(services.GetRequiredService<IOptions<StorageOptions>>().Value, services.GetRequiredService<TimeProvider>().GetUtcNow());
        StandardOutput.Write($"The server can start with what could be read. The database and its change log as they were are in {aside}.\n");
        return 0;
    }

    /// <summary>Copies both files first; then what the log has goes into the database, and an empty log takes its place.</summary>
    /// <returns>The folder with the copies.</returns>
    /// <exception cref="Errors.DomainException">A server uses the data folder, the disk is full, or the database itself is damaged; nothing was changed.</exception>
    internal static string Repair(StorageOptions options, DateTimeOffset now)
    {
        using var folder = new DataFolder(options.Path);
        if (!File.Exists(folder.DatabaseFile))
            throw StorageErrors.DatabaseMissing(folder.DatabaseFile, folder.TraceOfDatabase() ?? folder.Path);

        var aside = Path.Combine(folder.Path, Aside + now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));
        Directory.CreateDirectory(aside);
        foreach (var path in new[] { folder.DatabaseFile, folder.ChangeLog }.Where(File.Exists))
            Backups.BackupFiles.CopyDurably(path, Path.Combine(aside, Path.GetFileName(path)));
        FileSync.Folder(aside);

        using (var log = ChangeLogFile.Salvage(folder.ChangeLog))
        {
            if (log?.Pages > 0)
                CopyIn(folder, log);
        }

        ChangeLogFile.Make(folder.ChangeLog, options.ChangeLogBytes);
        return aside;
    }

    private static void CopyIn(DataFolder folder, SegmentLog log)
    {
        var gate = new Lock();
        DatabaseFile.Check(folder.DatabaseFile, log);
        using var disk = new FileStream(folder.DatabaseFile, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        using var engine = new Engine(disk, folder.DatabaseFile, log, gate, NullLogger.Instance);
        lock (gate)
            engine.Checkpoint();
    }
}
