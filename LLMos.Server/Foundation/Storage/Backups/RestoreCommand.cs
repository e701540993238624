using System.Globalization;
using LLMos.Server.Foundation.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary><c>LLMos.Server restore FOLDER</c>: puts a backup in the place of what the data folder has, which is set aside. No server may run.</summary>
internal sealed record RestoreCommand(string Folder)
{
    /// <summary>How the folders begin that hold what was there before.</summary>
    public const string Replaced = "replaced-";

    /// <summary>The folder that a backup is copied into first, and the file that is there while it takes its place.</summary>
    public const string Incoming = "restore-incoming", Mark = "restore-unfinished";

    private const string Word = "restore";

    /// <returns>Null when something else is meant; otherwise the words are taken out of <paramref name="args"/>, the rest are settings.</returns>
    public static RestoreCommand? From(ref string[] args)
    {
        if (args is not [Word, .. var rest])
            return null;
        if (rest is not [var folder, .. var settings] || folder.StartsWith('-'))
            throw new InvalidDataException("Say which backup: LLMos.Server restore FOLDER [--Data:Path=/data]");
        args = settings;
        return new(folder);
    }

    /// <returns>The exit status, 0.</returns>
    /// <exception cref="Errors.DomainException">The backup is not whole, or a server uses the data folder; nothing was changed.</exception>
    public int Run(IServiceProvider services)
    {
        var backup = Path.GetFullPath(Folder);
        var manifest = BackupManifest.Read(backup) ?? throw StorageErrors.BackupDamaged(backup, $"it has no {BackupManifest.FileName}");
        var database = Path.Combine(backup, DataFolder.DatabaseName);
        if (!File.Exists(database) || BackupStore.HashOf(database) != manifest.DatabaseHash)
            throw StorageErrors.BackupDamaged(backup, "its database is not the one that was backed up");

        var options = services.GetRequiredService<IOptions<StorageOptions>>().Value;
        using var held = new DataFolder(options.Path);
        var checks = services.GetServices<IBackupCheck>().ToList();
        BackupVerification.Require(database, backup, checks);
        var incoming = CopyIn(backup, held.Path);
        Renew(Path.Combine(incoming, DataFolder.DatabaseName), checks);
        ChangeLogFile.Make(Path.Combine(incoming, DataFolder.ChangeLogName), options.ChangeLogBytes);
        var aside = Replace(incoming, held.Path, services.GetRequiredService<TimeProvider>().GetUtcNow());
        StandardOutput.Write($"Restored {manifest.Name}: {manifest.Files} files, {manifest.Bytes} bytes. What was there before is in {aside}.\n");
        return 0;
    }

    /// <summary>Copies everything first, so that a full disk stops it before anything is replaced.</summary>
    private static string CopyIn(string backup, string data)
    {
        var incoming = Path.Combine(data, Incoming);
        if (Directory.Exists(incoming))
            Directory.Delete(incoming, recursive: true);
        foreach (var file in Directory.EnumerateFiles(backup, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != BackupManifest.FileName))
        {
            var to = Path.Combine(incoming, Path.GetRelativePath(backup, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            BackupFiles.CopyDurably(file, to);
        }

        foreach (var folder in Directory.EnumerateDirectories(incoming, "*", SearchOption.AllDirectories).Prepend(incoming))
            FileSync.Folder(folder);
        return incoming;
    }

    private static void Renew(string database, List<IBackupCheck> checks)
    {
        var gate = new Lock();
        using var file = new FileStream(database, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        lock (gate)
            Engine.Fill(file, database, gate, documents => checks.ForEach(check => check.Renew(documents)));
    }

    /// <summary>While the mark is there no server starts on what is half the one and half the other; the next restore ends it.</summary>
    private static string Replace(string incoming, string data, DateTimeOffset now)
    {
        var (mark, aside) = (Path.Combine(data, Mark), Path.Combine(data, Replaced + now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)));
        File.Create(mark).Dispose();
        Directory.CreateDirectory(aside);
        FileSync.Folder(data);
        foreach (var entry in Directory.EnumerateFileSystemEntries(data).Where(entry => !Stays(Path.GetFileName(entry))).ToList())
            Directory.Move(entry, Path.Combine(aside, Path.GetFileName(entry)));
        foreach (var entry in Directory.EnumerateFileSystemEntries(incoming).ToList())
            Directory.Move(entry, Path.Combine(data, Path.GetFileName(entry)));
        FileSync.Folder(aside);
        FileSync.Folder(data);
        Directory.Delete(incoming);
        File.Delete(mark);
        FileSync.Folder(data);
        return aside;
    }

    private static bool Stays(string name) =>
        name is DataFolder.LockName or DiskReserve.FileName or "backups" or Incoming or Mark || name.StartsWith(Replaced, StringComparison.Ordinal) || name.StartsWith(RepairCommand.Aside, StringComparison.Ordinal);
}
