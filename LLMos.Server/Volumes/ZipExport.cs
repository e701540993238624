using System.IO.Compression;
using LLMos.Server.Accounts;

namespace LLMos.Server.Volumes;

/// <summary>A folder as a zip, made while it is sent: nothing of it is held, on the disk or in memory.</summary>
internal sealed class ZipExport(VolumeFiles files)
{
    // What a zip's dates can say.
    private static readonly DateTime Earliest = new(1980, 1, 1, 0, 0, 0, DateTimeKind.Utc), Latest = new(2107, 12, 31, 23, 59, 58, DateTimeKind.Utc);

    /// <summary>Writes what the folder has now. A version that is let go before its turn comes is replaced by the file's newest, or left out with its file.</summary>
    /// <param name="folder">What was found at <paramref name="path"/>.</param>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.content_missing</c>; what was written is no zip then.</exception>
    public async Task WriteAsync(Caller caller, VolumePath path, FolderNode folder, Stream target, CancellationToken cancellation)
    {
        var archive = await ZipArchive.CreateAsync(target, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
        await WriteAsync(caller, path, folder, prefix: "", archive, cancellation);
        // The list of its entries makes it a zip. Half of a folder must not look like a whole one, so a failure leaves it out.
        await archive.DisposeAsync();
    }

    private async Task WriteAsync(Caller caller, VolumePath path, FolderNode folder, string prefix, ZipArchive archive, CancellationToken cancellation)
    {
        if (folder.Count == 0 && prefix.Length > 0)
            Add(archive, prefix, folder.CreatedAt);
        foreach (var child in folder.Page(after: null, int.MaxValue))
        {
            var at = path.Child(child.Name);
            if (child is FolderNode inner)
                await WriteAsync(caller, at, inner, $"{prefix}{child.Name}/", archive, cancellation);
            else if (Open(caller, at, ((FileNode)child).Current) is var (content, version))
                await WriteAsync(content, version, prefix + child.Name, archive, cancellation);
        }
    }

    private static async Task WriteAsync(Stream content, FileVersion version, string name, ZipArchive archive, CancellationToken cancellation)
    {
        await using (content)
        {
            await using var packed = await Add(archive, name, version.ModifiedAt).OpenAsync(cancellation);
            await content.CopyToAsync(packed, cancellation);
        }
    }

    private static ZipArchiveEntry Add(ZipArchive archive, string name, DateTime at)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.Fastest);
        entry.LastWriteTime = at < Earliest ? Earliest : at > Latest ? Latest : at;
        return entry;
    }

    private (Stream Content, FileVersion Version)? Open(Caller caller, VolumePath path, FileVersion version)
    {
        if (files.TryOpen(version) is { } content)
            return (content, version);
        if (files.Find(caller, path) is not FileNode { Current: var newest })
            return null;
        return newest == version ? throw VolumeErrors.ContentMissing(path) : (files.Open(path, newest), newest);
    }
}
