using System.IO.Compression;
using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>A zip as files and folders of a volume: all that is in it, or nothing.</summary>
internal sealed class ZipImport(VolumeFiles files, ContentStore contents, ArchiveSlots slots, IOptions<VolumeOptions> options)
{
    private const int BufferBytes = 128 * 1024;

    // Who has sent a whole zip is not refused for a moment's crowd.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Of small contents: what is in memory at once, and what others wait for.
    private const int PartBytes = 1024 * 1024, PartFiles = 256;

    /// <param name="overwrite">Whether files that are there get a next version; otherwise one of them refuses all.</param>
    /// <param name="names">How names are written of which the zip does not say it; null: <see cref="ZipNames"/> guesses.</param>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.archive_invalid</c>, <c>volumes.archive_too_large</c>, <c>volumes.path_invalid</c>, and what a write refuses. Nothing has changed then.</exception>
    public async Task<ImportResult> ReadAsync(Caller caller, VolumePath into, Stream body, bool overwrite, Encoding? names, CancellationToken cancellation)
    {
        List<ImportedEntry> entries = [];
        long? held = null;
        using var share = files.BeginIntake(caller, into);
        await using var file = contents.CreateFile();
        try
        {
            await ReceiveAsync(share, body, file, cancellation);
            // Only now: who sends slowly holds up nobody.
            using var slot = await slots.TakeAsync(caller, Patience, cancellation);
            using var archive = ZipDirectory.Open(file, options.Value.MaxArchiveEntries);
            RequireRoom(caller, into, archive, overwrite);
            var plan = new ZipPlan(into, archive, ZipNames.Read(file, archive.Entries.Count, names));
            await UnpackAsync(plan, entries, async part => held = await files.HoldAsync(caller, into, held, part), cancellation);
            await files.ImportAsync(caller, into, entries, overwrite, held);
            return new(into.ToString(), entries.Count(entry => entry.Content is not null), entries.Count(entry => entry.Content is null), entries.Sum(entry => entry.Content?.Length ?? 0), plan.LeftOut, plan.LeftOutOmitted);
        }
        catch (IOException failure) when (StorageErrors.IsFull(failure))
        {
            throw StorageErrors.Full();
        }
        finally
        {
            entries.ForEach(entry => entry.Content?.Dispose());
            File.Delete(file.Name);
            if (held is not null)
                await files.LetGoAsync(caller, into, held.Value);
        }
    }

    private async Task ReceiveAsync(DraftShare share, Stream body, FileStream file, CancellationToken cancellation)
    {
        var buffer = new byte[BufferBytes];
        for (int count; (count = await body.ReadAsync(buffer, cancellation)) > 0;)
        {
            if (file.Position + count > files.MostFileBytes)
                throw VolumeErrors.FileTooLarge(files.MostFileBytes);
            share.Resize(file.Position + count);
            file.Write(buffer, 0, count);
        }

        file.Position = 0;
    }

    /// <summary>Refuses what cannot fit by what the zip says of itself, before it is unpacked; the edit counts what came out.</summary>
    private void RequireRoom(Caller caller, VolumePath into, ZipArchive archive, bool overwrite)
    {
        var tree = files.Tree(caller, into.Volume);
        var (there, quota) = (overwrite ? 0 : tree.Root.Totals.Bytes, VolumeQuota.BytesOf(tree.Key, options.Value));
        var wanted = there + archive.Entries.Sum(entry => entry.Length);
        if (wanted > quota)
            throw VolumeErrors.QuotaExceeded(VolumePath.NameOf(into.Volume), wanted, quota);
    }

    private async Task UnpackAsync(
        ZipPlan plan, List<ImportedEntry> entries, Func<IReadOnlyList<StagedContent>, Task> hold, CancellationToken cancellation)
    {
        var (first, bytes) = (0, 0L);
        foreach (var (path, entry, name) in plan.Entries)
        {
            entries.Add(new(path, ZipPlan.IsFolder(name) ? null : await StageAsync(entry, name, cancellation)));
            bytes += entries[^1].Content?.Bytes?.Length ?? 0;
            if (bytes < PartBytes && entries.Count - first < PartFiles)
                continue;

            await hold([.. entries[first..].Select(one => one.Content).OfType<StagedContent>().Where(content => content.Bytes is not null)]);
            for (; first < entries.Count; first++)
            {
                if (entries[first].Content is { Bytes: not null } content)
                    entries[first] = entries[first] with { Content = StagedContent.Held(content) };
            }

            bytes = 0;
        }
    }

    private async Task<StagedContent> StageAsync(ZipArchiveEntry entry, string name, CancellationToken cancellation)
    {
        try
        {
            await using var content = new ZipEntryStream(entry);
            return await contents.StageAsync(content, files.MostFileBytes, cancellation);
        }
        catch (InvalidDataException failure)
        {
            throw VolumeErrors.ArchiveInvalid($"'{name}' cannot be unpacked: {failure.Message.TrimEnd('.')}");
        }
    }
}
