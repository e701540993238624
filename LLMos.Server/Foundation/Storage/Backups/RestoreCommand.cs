using System.Globalization;
using LLMos.Server.Foundation.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary><c>LLMos.Server restore FOLDER</c>: puts a backup in the place of what the data folder has, which is set aside. No server may run.</summary>
internal sealed record RestoreCommand(string Folder)
{
    /// <summary>How the folders begin that hold what was there before.</summary>
    public const string Replaced = "replaced-";

    private const string Word = "restore", Incoming = "restore-incoming";

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

        var data = Path.GetFullPath(services.GetRequiredService<IOptions<StorageOptions>>().Value.Path);
        using var held = new DataFolder(data);
        BackupVerification.Require(database, backup, services.GetServices<IBackupCheck>());
        var aside = Replace(backup, data, services.GetRequiredService<TimeProvider>().GetUtcNow());
        StandardOutput.Write($"Restored {manifest.Name}: {manifest.Files} files, {manifest.Bytes} bytes. What was there before is in {aside}.\n");
        return 0;
    }

    /// <summary>Copies everything first, so that a full disk stops it before anything is replaced.</summary>
    private static string Replace(string backup, string data, DateTimeOffset now)
    {
        var (incoming, aside) = (Path.Combine(data, Incoming), Path.Combine(data, Replaced + now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)));
        if (Directory.Exists(incoming))
            Directory.Delete(incoming, recursive: true);
        foreach (var file in Directory.EnumerateFiles(backup, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != BackupManifest.FileName))
        {
            var to = Path.Combine(incoming, Path.GetRelativePath(backup, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            BackupFiles.CopyDurably(file, to);
        }

        Directory.CreateDirectory(aside);
        foreach (var entry in Directory.EnumerateFileSystemEntries(data).Where(entry => !Stays(Path.GetFileName(entry))).ToList())
            Directory.Move(entry, Path.Combine(aside, Path.GetFileName(entry)));
        foreach (var entry in Directory.EnumerateFileSystemEntries(incoming).ToList())
            Directory.Move(entry, Path.Combine(data, Path.GetFileName(entry)));
        Directory.Delete(incoming);
        FileSync.Folder(data);
        return aside;
    }

    private static bool Stays(string name) =>
        name is DataFolder.LockName or "backups" or Incoming || name.StartsWith(Replaced, StringComparison.Ordinal);
}
