using System.Runtime.InteropServices;

namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary>Everything in a data folder beside the database: what is written once is linked, the rest copied.</summary>
internal readonly partial record struct BackupFiles(int Count, long Bytes)
{
    // Made again when it is missing, of this process alone, half of something, or not worth it.
    private static readonly string[] Left = [DataFolder.DatabaseName, DataFolder.ChangeLogName, DataFolder.LockName, DiskReserve.FileName, RestoreCommand.Mark, RestoreCommand.Incoming, "cache", "backups", "devices"];

    // Of an earlier restore or repair: a backup does not carry what was set aside.
    private static readonly string[] LeftPrefixes = [RestoreCommand.Replaced, RepairCommand.Aside];

    /// <param name="never">A folder that is not gone into.</param>
    public static BackupFiles Copy(string from, string to, string never, CancellationToken cancellation)
    {
        var (count, bytes) = (0, 0L);
        var folders = new Stack<string>([from]);
        while (folders.TryPop(out var folder))
        {
            foreach (var entry in EntriesOf(folder))
            {
                cancellation.ThrowIfCancellationRequested();
                var name = Path.GetRelativePath(from, entry.FullName);
                if (Left.Contains(name) || entry.Name == DataFolder.IncomingName || entry.FullName == never || LeftPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
                    continue;
                if (entry is DirectoryInfo)
                    folders.Push(entry.FullName);
                else if (Add((FileInfo)entry, Path.Combine(to, name)) is { } length)
                    (count, bytes) = (count + 1, bytes + length);
            }
        }

        return new(count, bytes);
    }

    /// <summary>What lies in a folder, which a run that ends or somebody who lets go may have removed meanwhile.</summary>
    private static List<FileSystemInfo> EntriesOf(string folder)
    {
        try
        {
            return [.. new DirectoryInfo(folder).EnumerateFileSystemInfos()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <returns>Its length; null: it is gone, so nothing in the database's copy needs it.</returns>
    private static long? Add(FileInfo file, string to)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            if (!IsWrittenOnce(file) || Link(file.FullName, to) < 0)
                CopyDurably(file.FullName, to);
            return new FileInfo(to).Length;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // A name that is its content's hash.
    private static bool IsWrittenOnce(FileInfo file) => file.Name.Length == 64 && file.Name.All(char.IsAsciiHexDigitLower);

    public static void CopyDurably(string from, string to)
    {
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var target = new FileStream(to, FileMode.CreateNew);
        source.CopyTo(target);
        target.Flush(flushToDisk: true);
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
