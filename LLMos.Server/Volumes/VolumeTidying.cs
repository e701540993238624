using LLMos.Server.Foundation.Storage;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>Lets former versions and deleted files go when they are old, or when a volume keeps more than it may: the oldest first.</summary>
internal sealed class VolumeTidying(
    VolumeStore store, ContentStore contents, VolumeHistory history, IOptions<VolumeOptions> options, TimeProvider time, RunningTime running, ILogger<VolumeTidying> log) : BackgroundService
{
    // Edits of users wait for one of ours no longer than some ten milliseconds.
    private const int AtOnce = 500;

    // Edits that somebody waits for, whatever an earlier version or other limits have left.
    private const int MostWaitedFor = 200;

    // Twice the reserve that is kept by default.
    private const long MostMadeRoom = 16 * VolumeQuota.Megabyte;

    // What small files took is only given back when the whole database is read for it.
    private const long WorthReading = VolumeQuota.Megabyte;

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private static readonly Author Server = new("", "LLMos.Server", "tidying");

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Does what is due now.</summary>
    public async Task TidyAsync(CancellationToken cancellation)
    {
        foreach (var volume in store.Trees.Keys)
            await TidyAsync(volume, int.MaxValue, cancellation);
    }

    /// <summary>Brings a volume that keeps much too much back to its bounds. Whoever filled it waits for that, and so cannot be faster.</summary>
    public async Task KeepUpAsync(string volume)
    {
        if (!VolumeQuota.KeepsTooMuch(store.Tree(volume), options.Value))
            return;

        await _turn.WaitAsync();
        try
        {
            // The one before may have done it.
            if (VolumeQuota.KeepsTooMuch(store.Tree(volume), options.Value))
                await TidyAsync(volume, MostWaitedFor, CancellationToken.None);
        }
        catch (Exception failure)
        {
            // What they changed is durable all the same.
            log.TidyingFailed(failure, Pause.TotalMinutes);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>On a full disk, lets the oldest in a volume's bin go until there is room: whoever deletes there wants it back.</summary>
    public async Task MakeRoomAsync(string volume)
    {
        var (freed, inDatabase) = (0L, 0L);
        while (freed < MostMadeRoom && !store.DiskHasRoom() && BinOf(store.Tree(volume)).MinBy(entry => (SinceOf(entry), entry.Id)) is { } oldest)
        {
            await PurgeAsync(volume, oldest.Id, CancellationToken.None);
            (freed, inDatabase) = (freed + oldest.Totals.AllBytes, inDatabase + oldest.Totals.AllBytes);
            if (inDatabase < WorthReading)
                continue;
            store.GiveBackRoom();
            inDatabase = 0;
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    private async Task TidyAsync(string volume, int mostEdits, CancellationToken cancellation)
    {
        var due = Due(store.Tree(volume)).ToLookup(kept => kept.BinEntry is null);
        foreach (var entry in due[false].Take(mostEdits))
            await PurgeAsync(volume, entry.BinEntry!.Value, cancellation);
        foreach (var versions in due[true].Chunk(AtOnce).Take(mostEdits))
        {
            cancellation.ThrowIfCancellationRequested();
            await store.FreeAsync([volume], Server, edit => Forget(edit, volume, versions));
        }

        foreach (var changes in history.TooOldOf(volume).Chunk(AtOnce).Take(mostEdits))
        {
            cancellation.ThrowIfCancellationRequested();
            await store.FreeAsync([volume], Server, edit => Forget(edit, volume, changes));
            history.Forget(volume, changes[^1]);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The first look at every file of the store would hold up the start.
        await Task.Yield();
        try
        {
            await TidyAlwaysAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was due is still due at the next start.
        }
    }

    private async Task TidyAlwaysAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Pause, time);
        var swept = false;
        do
        {
            try
            {
                if (!swept)
                    contents.Sweep();
                swept = true;
                await TidyAsync(cancellation);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                log.TidyingFailed(failure, Pause.TotalMinutes);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>What is too old or too much, looked for outside the store's gate: it may be gone when its turn comes.</summary>
    private List<Kept> Due(VolumeTree tree)
    {
        var oldest = running.Total - TimeSpan.FromDays(options.Value.KeptDays);
        // What is in the bin is held in memory, however little it weighs.
        var (bytes, weight) = (tree.KeptBytes - VolumeQuota.KeptBytes(options.Value), tree.BinWeight - options.Value.MaxEntries);
        List<Kept> due = [];
        foreach (var kept in KeptIn(tree).OrderBy(kept => kept.Since).ThenBy(kept => kept.At))
        {
            if (kept.Since > oldest && bytes <= 0 && (weight <= 0 || kept.BinEntry is null))
                continue;
            due.Add(kept);
            (bytes, weight) = (bytes - kept.Bytes, weight - kept.Weight);
        }

        return due;
    }

    private async Task PurgeAsync(string volume, long entry, CancellationToken cancellation)
    {
        do
        {
            cancellation.ThrowIfCancellationRequested();
        }
        while (!await store.FreeAsync([volume], Server, edit => edit.Purge(volume, entry, AtOnce)));
    }

    private static bool Forget(VolumeEdit edit, string volume, IEnumerable<Kept> versions)
    {
        foreach (var (path, version) in versions.Select(kept => (kept.Path!, kept.Version!)))
        {
            if (edit.Trees[volume].Find(path) is FileNode file && file.Former.Contains(version))
                edit.Forget(new(volume, path), file, version);
        }

        return true;
    }

    private static bool Forget(VolumeEdit edit, string volume, long[] changes)
    {
        edit.ForgetChanges(volume, changes);
        return true;
    }

    private static IEnumerable<BinEntry> BinOf(VolumeTree tree) => tree.Bin.Values.Where(entry => !entry.IsHeld);

    private static TimeSpan SinceOf(BinEntry entry) => entry.IsGoing ? TimeSpan.MinValue : entry.DeletedAfter;

    private static IEnumerable<Kept> KeptIn(VolumeTree tree)
    {
        foreach (var entry in BinOf(tree))
            yield return new(SinceOf(entry), entry.DeletedAt, entry.Totals.KeptBytes, entry.Weight, BinEntry: entry.Id);

        var open = new Stack<(VolumePath Path, FolderNode Folder)>([(VolumePath.Parse(tree.Key.Split('/')[0]), tree.Root)]);
        while (open.TryPop(out var next))
        {
            foreach (var child in next.Folder.Children.ToArray())
            {
                if (child is FolderNode folder)
                    open.Push((next.Path.Child(child.Name), folder));
                if (child is not FileNode { Former.Length: > 0 } file)
                    continue;

                // A version is old from when the next one took its place.
                var path = next.Path.Child(file.Name);
                foreach (var (version, successor) in file.Versions.Zip(file.Versions.Skip(1)))
                    yield return new(successor.MadeAfter, successor.ModifiedAt, version.KeptBytes, Weight: 0, Path: path, Version: version);
            }
        }
    }

    /// <summary>A former version of the file at a path, or an entry of the bin.</summary>
    /// <param name="Since">How long the server had run in all by then.</param>
    /// <param name="At">By the clock, for what is as old as it can be seen.</param>
    private sealed record Kept(TimeSpan Since, DateTime At, long Bytes, int Weight, VolumePath? Path = null, FileVersion? Version = null, long? BinEntry = null);
}
