using System.Globalization;
using System.Security.Cryptography;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary>Verified copies of the whole data folder, made while the server serves.</summary>
/// <remarks>The database's copy is of one moment; every file that it names is added while nothing is deleted.</remarks>
public sealed class BackupStore(
    Database database, DeletionHold hold, IEnumerable<IBackupCheck> checks, IOptions<StorageOptions> options, TimeProvider time, ILogger<BackupStore> log)
{
    private const string NameFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    private int _running;

    /// <exception cref="DomainException"><c>storage.backup_running</c>, <c>storage.full</c>, <c>storage.failed</c>, <c>storage.backup_damaged</c>.</exception>
    public async Task<BackupManifest> MakeAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _running, 1) == 1)
            throw StorageErrors.BackupRunning();
        try
        {
            // Minutes, for gigabytes: not on the caller's thread.
            return await Task.Run(() => Make(cancellation), cancellation);
        }
        catch (IOException failure)
        {
            log.BackupFailed(failure);
            throw StorageErrors.IsFull(failure) ? StorageErrors.Full() : StorageErrors.Failed();
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>The whole ones, the oldest first.</summary>
    public IReadOnlyList<BackupManifest> List() => Directory.Exists(Home)
        ? [.. Directory.EnumerateDirectories(Home).Order(StringComparer.Ordinal).Select(BackupManifest.Read).OfType<BackupManifest>()]
        : [];

    private string Home => Path.GetFullPath(options.Value.BackupPath ?? Path.Combine(options.Value.Path, "backups"));

    private BackupManifest Make(CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var name = NameAfter(now, List() is [.., var newest] ? newest.Name : null);
        var making = Path.Combine(Home, $"{name}.incomplete");
        Directory.CreateDirectory(making);
        try
        {
            var copied = Path.Combine(making, DataFolder.DatabaseName);
            BackupFiles files;
            using (hold.Begin())
            {
                database.CopyTo(copied);
                files = BackupFiles.Copy(Path.GetFullPath(options.Value.Path), making, Home, cancellation);
            }

            BackupVerification.Require(copied, making, checks);
            var manifest = new BackupManifest(name, now, SystemEndpoints.Version().Version, files.Count + 1, files.Bytes + new FileInfo(copied).Length, HashOf(copied));
            manifest.Write(making);
            Directory.Move(making, Path.Combine(Home, name));
            FileSync.Folder(Home);
            log.BackupMade(name, manifest.Files, manifest.Bytes);
            Prune();
            return manifest;
        }
        catch
        {
            Directory.Delete(making, recursive: true);
            throw;
        }
    }

    // Names sort as the backups were made: with a clock that was set back, the new one would be the first to be pruned.
    private static string NameAfter(DateTime now, string? newest)
    {
        if (DateTime.TryParseExact(newest, NameFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var last) && last >= now)
            now = last.AddMilliseconds(1);
        return now.ToString(NameFormat, CultureInfo.InvariantCulture);
    }

    private void Prune()
    {
        foreach (var old in List().SkipLast(options.Value.BackupsKept))
            Directory.Delete(Path.Combine(Home, old.Name), recursive: true);
    }

    internal static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
