using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>One page of a folder's entries.</summary>
/// <param name="Sequence">Of the volume's newest change that the page shows: where a watcher goes on.</param>
/// <param name="Next">The name to go on after; null: this was the last page.</param>
internal sealed record FolderPage(FolderNode Folder, ArraySegment<Node> Entries, long Sequence, string? Next);

/// <summary>The volumes as one caller may use them: the door that every edge goes through.</summary>
/// <remarks>Reading looks at memory only, large contents apart, and never waits for a writer.</remarks>
internal sealed class VolumeFiles(
    VolumeStore store, SystemVolume system, ContentStore contents, VolumeHistory history, VolumeTidying tidying, Holdings holdings, DraftBook drafts,
    IOptions<VolumeOptions> options)
{
    // Nodes of a deleted folder that one edit removes: some ten milliseconds in which other edits wait.
    private const int PurgedAtOnce = 500;

    private const int AppendTries = 16;

    // Up to here a body is taken in whole: the edit has better reasons than the quota to refuse it.
    private const long Unweighed = VolumeQuota.Megabyte;

    private readonly SemaphoreSlim[] _appending = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    public long MostFileBytes => options.Value.FileMegabytes * VolumeQuota.Megabyte;

    public VolumeTree Tree(Caller caller, VolumeKind volume) =>
        volume == VolumeKind.System ? system.Tree : store.Tree(VolumeTree.KeyOf(volume, caller.AccountId));

    /// <summary>How much a volume may hold, and how many files and folders.</summary>
    public (long Bytes, int Entries) Quota(VolumeTree tree) => (VolumeQuota.BytesOf(tree, options.Value), VolumeQuota.EntriesOf(tree, options.Value));

    public Node? Find(Caller caller, VolumePath path) => Tree(caller, path.Volume).Find(path);

    /// <exception cref="DomainException"><c>volumes.not_found</c>.</exception>
    public Node Stat(Caller caller, VolumePath path) => Find(caller, path) ?? throw VolumeErrors.NotFound(path);

    /// <exception cref="DomainException"><c>volumes.not_found</c>, <c>volumes.is_folder</c>, <c>volumes.version_not_found</c>.</exception>
    public (FileNode File, FileVersion Version) StatFile(Caller caller, VolumePath path, int? version = null)
    {
        var file = Stat(caller, path) as FileNode ?? throw VolumeErrors.IsFolder(path);
        return version is null
            ? (file, file.Current)
            : (file, file.Versions.FirstOrDefault(one => one.Number == version) ?? throw VolumeErrors.VersionNotFound(path, version.Value));
    }

    /// <exception cref="DomainException"><c>volumes.not_found</c>, <c>volumes.is_file</c>.</exception>
    public FolderPage List(Caller caller, VolumePath path, string? after, int most)
    {
        var tree = Tree(caller, path.Volume);
        var folder = (tree.Find(path) ?? throw VolumeErrors.NotFound(path)) as FolderNode ?? throw VolumeErrors.IsFile(path);
        var page = folder.Page(after, most);
        return new(folder, page, tree.Sequence, page.Offset + page.Count < folder.Count && page.Count > 0 ? page[^1].Name : null);
    }

    /// <summary>Opens a content for reading, seekable.</summary>
    /// <exception cref="DomainException"><c>volumes.content_missing</c>.</exception>
    public Stream Open(VolumePath path, FileVersion version) => TryOpen(version) ?? throw VolumeErrors.ContentMissing(path);

    /// <returns>Null when the content is not there any more, or damaged.</returns>
    public Stream? TryOpen(FileVersion version) => contents.Open(version.Content);

    /// <summary>The whole of a content that is at most <see cref="ContentStore.MostInline"/> bytes long.</summary>
    /// <returns>Null when the content is not there any more, or damaged.</returns>
    public ReadOnlyMemory<byte>? TryReadSmall(FileVersion version) => contents.ReadInline(version.Content);

    /// <summary>Reads a version, the newest unless another is asked for; again when one is let go between looking it up and opening it.</summary>
    /// <param name="read">Returns null when the content is not there.</param>
    /// <exception cref="DomainException">As <see cref="StatFile"/>; <c>volumes.content_missing</c>.</exception>
    public T Read<T>(Caller caller, VolumePath path, int? version, Func<FileNode, FileVersion, T?> read)
        where T : class
    {
        FileVersion? tried = null;
        while (true)
        {
            var (file, state) = StatFile(caller, path, version);
            if (read(file, state) is { } result)
                return result;
            if (state == tried)
                throw VolumeErrors.ContentMissing(path);
            tried = state;
        }
    }

    /// <summary>Refuses a body by its announced length before it arrives; the edit decides.</summary>
    /// <exception cref="DomainException"><c>volumes.read_only</c>, <c>volumes.quota_exceeded</c>.</exception>
    public void RequireRoom(Caller caller, VolumePath path, long bytes, bool appends)
    {
        if (bytes > RoomFor(caller, path, appends))
            throw QuotaExceeded(caller, path, bytes, appends);
    }

    /// <summary>A place for a content that is made piece by piece; <see cref="WriteAsync(Caller, VolumePath, StagedContent, WriteCondition, bool)"/> takes what it stages.</summary>
    /// <param name="replaces">Whether it takes the place of the file that is there; else it is added to it.</param>
    /// <exception cref="DomainException"><c>volumes.too_many_drafts</c>.</exception>
    public ContentDraft Draft(Caller caller, VolumePath path, bool replaces) => contents.Draft(drafts.Begin(caller, path, replaces));

    /// <summary>Counts for its person what is on its way to become files, and is none itself.</summary>
    /// <exception cref="DomainException"><c>volumes.too_many_drafts</c>.</exception>
    public DraftShare BeginIntake(Caller caller, VolumePath into) => drafts.Begin(caller, into, replaces: false, unweighed: long.MaxValue);

    public async Task<FileNode> WriteAsync(
        Caller caller, VolumePath path, Stream body, WriteCondition condition, bool makeFolders, CancellationToken cancellation)
    {
        // Before gigabytes arrive, as far as it can be known; the edit decides.
        condition.Check(path, Find(caller, VolumeAccess.ToWrite(caller, path).Path) as FileNode);
        using var share = drafts.Begin(caller, path, replaces: true, Unweighed);
        using var staged = await WithinQuotaAsync(caller, path, appends: false, most => contents.StageAsync(body, most, cancellation, share));
        condition.Check(staged);
        return await WriteAsync(caller, path, staged, condition, makeFolders);
    }

    public Task<FileNode> WriteAsync(Caller caller, VolumePath path, StagedContent content, WriteCondition condition, bool makeFolders)
    {
        var place = VolumeAccess.ToWrite(caller, path);
        return EditAsync(caller, edit => edit.Write(place, content.Hash, content.Length, condition, makeFolders), [place], content);
    }

    /// <summary>Adds to a file's end, or makes it. Appends at the same time all arrive, in some order.</summary>
    public async Task<FileNode> AppendAsync(
        Caller caller, VolumePath path, Stream body, WriteCondition condition, bool makeFolders, CancellationToken cancellation)
    {
        VolumeAccess.ToWrite(caller, path);
        condition.Check(path, Find(caller, path) as FileNode);
        using var tail = contents.Draft(drafts.Begin(caller, path, replaces: false, Unweighed));
        await WithinQuotaAsync(caller, path, appends: true, async most =>
        {
            await tail.AppendAsync(body, most, cancellation);
            return tail;
        });
        return await AppendAsync(caller, path, tail, condition, makeFolders, cancellation);
    }

    /// <summary>The same with a tail that was made piece by piece.</summary>
    public async Task<FileNode> AppendAsync(
        Caller caller, VolumePath path, ContentDraft tail, WriteCondition condition, bool makeFolders, CancellationToken cancellation)
    {
        var place = VolumeAccess.ToWrite(caller, path);
        // One after the other, as each needs what the one before it wrote.
        var turn = _appending[(uint)place.GetHashCode() % _appending.Length];
        await turn.WaitAsync(cancellation);
        try
        {
            return await AppendInTurnAsync(caller, path, tail, condition, makeFolders, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<FileNode> AppendInTurnAsync(
        Caller caller, VolumePath path, ContentDraft tail, WriteCondition condition, bool makeFolders, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            var before = Find(caller, path) as FileNode;
            condition.Check(path, before);
            await using var old = before is null ? Stream.Null : TryOpen(before.Current);
            if (old is null)
            {
                // It went when another version took its place, and that one can be read.
                if (Find(caller, path) == before || tries == AppendTries)
                    throw VolumeErrors.ContentMissing(path);
                continue;
            }

            using var whole = contents.Draft();
            await whole.AppendAsync(old, MostFileBytes, cancellation);
            await whole.AppendAsync(tail, MostFileBytes, cancellation);
            using var staged = await whole.StageAsync(cancellation);
            try
            {
                return await WriteAsync(caller, path, staged, before is null ? WriteCondition.New : WriteCondition.At(before.Tag), makeFolders);
            }
            catch (DomainException conflict) when (conflict.Error.Kind == ErrorKind.PreconditionFailed && tries < AppendTries)
            {
                // Somebody else was faster; what they wrote comes first, and can be read when it is durable.
                await store.SettleAsync();
            }
        }
    }

    public Task<FolderNode> MakeFolderAsync(Caller caller, VolumePath path, bool makeFolders)
    {
        var place = VolumeAccess.ToWrite(caller, path);
        return EditAsync(caller, edit => edit.MakeFolder(place, makeFolders), [place]);
    }

    /// <param name="replaced">What a file that is at <paramref name="to"/> must be.</param>
    public Task<Node> MoveAsync(Caller caller, VolumePath from, VolumePath to, bool overwrite, bool makeFolders, WriteCondition? replaced = null)
    {
        var (source, target) = (VolumeAccess.ToWrite(caller, from), VolumeAccess.ToWrite(caller, to));
        return EditAsync(caller, edit => Replacing(edit, target, replaced).Move(source, target, overwrite, makeFolders), [source, target]);
    }

    /// <summary>Copies within the volumes; out of <c>system/</c> too.</summary>
    /// <param name="replaced">What a file that is at <paramref name="to"/> must be.</param>
    public Task<Node> CopyAsync(Caller caller, VolumePath from, VolumePath to, bool overwrite, bool makeFolders, WriteCondition? replaced = null)
    {
        var (source, target) = (VolumeAccess.ToRead(caller, from), VolumeAccess.ToWrite(caller, to));
        if (from.Volume == VolumeKind.System)
            return CopyOutAsync(caller, source, target, overwrite, makeFolders, replaced);
        return EditAsync(caller, edit => Replacing(edit, target, replaced).Copy(source, target, overwrite, makeFolders), [source, target]);
    }

    /// <summary>Moves to the bin; on a full disk the oldest there go, this too if need be.</summary>
    public async Task<BinEntry> DeleteAsync(Caller caller, VolumePath path, WriteCondition condition, bool recursive)
    {
        var place = VolumeAccess.ToWrite(caller, path);
        var entry = await FreeAsync(caller, edit => edit.Delete(place, condition, recursive), place);
        await tidying.MakeRoomAsync(place.Volume);
        return entry;
    }

    /// <summary>What is in the bin, the latest first.</summary>
    public IEnumerable<BinEntry> Bin(Caller caller, VolumeKind volume) => Tree(caller, volume).Bin.Values.Where(entry => !entry.IsGoing).Reverse();

    /// <summary>Where an entry of the bin was, for who may bring it back.</summary>
    /// <exception cref="DomainException"><c>volumes.read_only</c>, <c>volumes.not_in_bin</c>.</exception>
    public VolumePath PathOf(Caller caller, VolumeKind volume, long entry)
    {
        BinOf(caller, volume);
        return VolumePath.Parse((Bin(caller, volume).FirstOrDefault(one => one.Id == entry) ?? throw VolumeErrors.NotInBin(entry)).Path);
    }

    public Task<Node> UndeleteAsync(Caller caller, VolumeKind volume, long entry, VolumePath? to)
    {
        var bin = BinOf(caller, volume);
        var target = to is null ? (Place?)null : VolumeAccess.ToWrite(caller, to);
        return EditAsync(caller, edit => edit.Undelete(bin.Volume, entry, target), target is null ? [bin] : [bin, target.Value]);
    }

    /// <summary>Removes an entry of the bin for good.</summary>
    /// <exception cref="DomainException"><c>volumes.not_in_bin</c>.</exception>
    public async Task PurgeAsync(Caller caller, VolumeKind volume, long entry)
    {
        var bin = BinOf(caller, volume);
        if (Bin(caller, volume).All(one => one.Id != entry))
            throw VolumeErrors.NotInBin(entry);
        await PurgeAsync(caller, bin, entry);
    }

    /// <summary>Removes for good what is in the bin now.</summary>
    public async Task EmptyBinAsync(Caller caller, VolumeKind volume)
    {
        var bin = BinOf(caller, volume);
        foreach (var entry in Bin(caller, volume).ToList())
            await PurgeAsync(caller, bin, entry.Id);
        store.GiveBackRoom();
    }

    public Task<FileNode> RestoreAsync(Caller caller, VolumePath path, int version, WriteCondition condition)
    {
        var place = VolumeAccess.ToWrite(caller, path);
        return EditAsync(caller, edit => edit.Restore(place, version, condition), [place]);
    }

    /// <summary>Makes small contents durable before the edit that refers to them, a part at a time.</summary>
    /// <param name="held">What this answered for the part before; null: it is the first.</param>
    /// <returns>For <see cref="ImportAsync"/>, and afterwards <see cref="LetGoAsync"/>.</returns>
    public Task<long> HoldAsync(Caller caller, VolumePath into, long? held, IReadOnlyList<StagedContent> part)
    {
        var place = VolumeAccess.ToWrite(caller, into);
        return EditAsync(caller, edit => edit.Hold(place, held, part), [place], part);
    }

    /// <summary>Keeps no longer what no file has taken.</summary>
    public async Task LetGoAsync(Caller caller, VolumePath into, long held)
    {
        try
        {
            // The server's own doing: the caller's right may have been taken back in the middle of it.
            await PurgeAsync(caller with { CredentialId = "" }, VolumeAccess.ToWrite(caller, into), held);
        }
        catch (DomainException)
        {
            // The store takes nothing in at the moment; it goes with what else is tidied.
        }
    }

    /// <summary>Makes what is not there, in one edit.</summary>
    /// <param name="overwrite">Whether files that are there get a next version.</param>
    /// <param name="held">What <see cref="HoldAsync"/> answered.</param>
    public Task ImportAsync(Caller caller, VolumePath into, IReadOnlyList<ImportedEntry> entries, bool overwrite, long? held)
    {
        var place = VolumeAccess.ToWrite(caller, into);
        return EditAsync(
            caller, edit =>
            {
                var folder = edit.MakeFolder(place, makeFolders: true);
                foreach (var (path, content) in entries)
                {
                    var at = place with { Path = path };
                    if (content is null)
                        edit.MakeFolder(at, makeFolders: true);
                    else
                        edit.Write(at, content.Hash, content.Length, overwrite ? WriteCondition.None : edit.RequireFree(at), makeFolders: true);
                }

                if (held is not null)
                    edit.LetGo(place.Volume, held.Value);
                return folder;
            },
            [place], [.. entries.Select(entry => entry.Content).OfType<StagedContent>()]);
    }

    /// <exception cref="DomainException"><c>volumes.changes_gone</c>, <c>volumes.after_unknown</c>.</exception>
    public IReadOnlyList<VolumeChange> Changes(Caller caller, VolumeKind volume, long after, int most) =>
        history.Read(VolumeTree.KeyOf(volume, caller.AccountId), after, most);

    /// <summary>Batches of changes after <paramref name="after"/>, for as long as the caller wants.</summary>
    /// <exception cref="DomainException"><c>volumes.changes_gone</c>, <c>volumes.after_unknown</c>; the former also later, to who has fallen behind.</exception>
    public IAsyncEnumerable<IReadOnlyList<VolumeChange>> Watch(Caller caller, VolumeKind volume, long after, int most, CancellationToken cancellation) =>
        history.WatchAsync(VolumeTree.KeyOf(volume, caller.AccountId), after, most, cancellation);

    private static Place BinOf(Caller caller, VolumeKind volume) => VolumeAccess.ToWrite(caller, VolumePath.Parse(VolumePath.NameOf(volume)));

    private async Task PurgeAsync(Caller caller, Place bin, long entry)
    {
        while (!await FreeAsync(caller, edit => edit.Purge(bin.Volume, entry, PurgedAtOnce), bin))
        {
            // Piece by piece, so that others get their turns.
        }
    }

    private static VolumeEdit Replacing(VolumeEdit edit, Place to, WriteCondition? condition)
    {
        if (condition is not null && edit.Trees[to.Volume].Find(to.Path) is FileNode there)
            condition.Check(to.Path, there);
        return edit;
    }

    /// <summary>How many bytes may be written, or added, to the path so that the volume does not grow beyond its quota.</summary>
    private long RoomFor(Caller caller, VolumePath path, bool appends)
    {
        var tree = Tree(caller, VolumeAccess.ToWrite(caller, path).Path.Volume);
        var replaced = appends ? 0 : (tree.Find(path) as FileNode)?.Current.Length ?? 0;
        return replaced + Math.Max(0, VolumeQuota.BytesOf(tree.Key, options.Value) - tree.Root.Totals.Bytes);
    }

    private DomainException QuotaExceeded(Caller caller, VolumePath path, long bytes, bool appends)
    {
        var tree = Tree(caller, path.Volume);
        var (over, quota) = (bytes - RoomFor(caller, path, appends), VolumeQuota.BytesOf(tree.Key, options.Value));
        return VolumeErrors.QuotaExceeded(VolumePath.NameOf(path.Volume), Math.Max(tree.Root.Totals.Bytes, quota) + over, quota);
    }

    /// <summary>Takes a body in that does not say how long it is: no more of it than may be there afterwards.</summary>
    /// <param name="take">Takes at most so many bytes, or refuses the body as too large.</param>
    private async Task<T> WithinQuotaAsync<T>(Caller caller, VolumePath path, bool appends, Func<long, Task<T>> take)
    {
        var room = Math.Max(RoomFor(caller, path, appends), Unweighed);
        try
        {
            return await take(Math.Min(MostFileBytes, room));
        }
        catch (DomainException refusal) when (room < MostFileBytes && refusal.Error.Kind == ErrorKind.TooLarge)
        {
            throw QuotaExceeded(caller, path, room + 1, appends);
        }
    }

    /// <summary>What comes with the product is not among the stored contents: its copy brings them.</summary>
    private async Task<Node> CopyOutAsync(Caller caller, Place from, Place to, bool overwrite, bool makeFolders, WriteCondition? replaced)
    {
        var node = Stat(caller, from.Path);
        List<StagedContent> staged = [];
        try
        {
            foreach (var content in VolumeTree.FilesIn(node).Select(file => file.Current).DistinctBy(version => version.Hash))
                staged.Add(await contents.StageAsync(Open(from.Path, content), MostFileBytes, CancellationToken.None));
            return await EditAsync(caller, edit => Replacing(edit, to, replaced).Copy(node, from, to, overwrite, makeFolders), [to], [.. staged]);
        }
        finally
        {
            staged.ForEach(content => content.Dispose());
        }
    }

    private async Task<T> FreeAsync<T>(Caller caller, Func<VolumeEdit, T> decide, Place place)
    {
        var result = await store.FreeAsync([place.Volume], new(caller.AccountId, caller.Name, caller.Via), decide);
        await tidying.KeepUpAsync(place.Volume);
        return result;
    }

    private async Task<T> EditAsync<T>(Caller caller, Func<VolumeEdit, T> decide, IReadOnlyList<Place> places, params IReadOnlyList<StagedContent> staged)
    {
        List<string> volumes = [.. places.Select(place => place.Volume).Distinct()];
        var least = places.Any(place => place.Path.Volume == VolumeKind.Team) ? Role.Member : Role.Viewer;
        var result = await store.EditAsync(volumes, new(caller.AccountId, caller.Name, caller.Via), DecideByRight, staged);
        foreach (var volume in volumes)
            await tidying.KeepUpAsync(volume);
        return result;

        // The request was checked when it began, which a large body makes long ago.
        T DecideByRight(VolumeEdit edit)
        {
            holdings.Require(caller, least);
            return decide(edit);
        }
    }
}
