using System.Runtime.InteropServices;

namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary>Everything in a data folder beside the database: what is written once is linked, the rest copied.</summary>
internal readonly partial record struct BackupFiles(int Count, long Bytes)
{
    // Made again when it is missing, or of this process alone.
    private static readonly string[] Left = [DataFolder.DatabaseName, DataFolder.ChangeLogName, DataFolder.LockName, "cache", "backups"];

    /// <param name="never">A folder that is not gone into.</param>
    public static BackupFiles Copy(string from, string to, string never, CancellationToken cancellation)
    {
        var (count, bytes) = (0, 0L);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            if (Left.Contains(entry.Name) || entry.FullName == never || entry.Name.StartsWith(RestoreCommand.Replaced, StringComparison.Ordinal))
                continue;

            foreach (var file in entry is DirectoryInfo folder ? folder.EnumerateFiles("*", SearchOption.AllDirectories) : [(FileInfo)entry])
            {
                cancellation.ThrowIfCancellationRequested();
                if (Add(file, Path.Combine(to, Path.GetRelativePath(from, file.FullName))) is not { } length)
                    continue;
                (count, bytes) = (count + 1, bytes + length);
            }
        }

        return new(count, bytes);
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
        catch (FileNotFoundException)
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
