using System.Collections.Immutable;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>The volumes: in memory for all who read, in the database before anybody sees a change.</summary>
/// <remarks>
/// An edit is decided at once, on the volumes as they will be after all edits before it, and waits with others for one
/// transaction. When that fails, everything decided since is taken back: no edit may rest on one that was lost.
/// </remarks>
internal sealed class VolumeStore
{
    private const int MaxBatch = 256;

    // What frees a full disk is decided anew when it is taken back with another's edit that found no room.
    private const int Attempts = 20;

    private readonly Lock _gate = new();
    private readonly Database _database;
    private readonly ContentStore _contents;
    private readonly VolumeHistory _history;
    private readonly VolumeOptions _options;
    private readonly TimeProvider _time;
    private readonly RunningTime _running;
    private readonly int _mostWaiting;
    private readonly VolumeIds _ids;
    private ImmutableDictionary<string, VolumeTree> _head;
    private volatile ImmutableDictionary<string, VolumeTree> _published;

    // The batch that takes further edits, until the database comes to it; and the one that took the last.
    private VolumeBatch? _open;
    private VolumeBatch? _newest;
    private int _waiting;

    // Batches of a round rest on each other: when one is lost, so are those after it, and the next round begins.
    private int _round;
    private Exception? _loss;

    // Contents on their way out.
    private volatile Task _release = Task.CompletedTask;

    public VolumeStore(
        Database database, ContentStore contents, VolumeHistory history, IOptions<VolumeOptions> options, IOptions<StorageOptions> storage,
        TimeProvider time, RunningTime running, ILogger<VolumeStore> log)
    {
        (_database, _contents, _history, _options, _time, _running) = (database, contents, history, options.Value, time, running);
        _mostWaiting = storage.Value.MaxWaitingChanges;
        var loaded = database.Read(documents => VolumeLoading.Load(documents, history, log));
        _head = _published = loaded.Trees;
        _ids = new(loaded.NextId, loaded.Restores);
        // What the lost documents refer to may yet be found.
        contents.Sweeps = loaded.Orphans == 0;
        contents.KeepOnly(loaded.Trees.Values.SelectMany(tree => tree.Contents));
    }

    /// <summary>Every volume that is not empty or was once written, as far as it is durable.</summary>
    public ImmutableDictionary<string, VolumeTree> Trees => _published;

    /// <summary>The volume as far as it is durable; an empty one for an owner who has written nothing yet.</summary>
    public VolumeTree Tree(string volume) =>
        _published.GetValueOrDefault(volume) ?? VolumeTree.Empty(volume, rootId: 0, binId: 0, _time.GetUtcNow().UtcDateTime, _history.Last(volume));

    public bool DiskHasRoom() => _database.Reserve.DiskHasRoom();

    /// <summary>On a full disk, gives it back what deleted small files took in the database.</summary>
    public void GiveBackRoom()
    {
        if (!DiskHasRoom())
            _database.GiveBackRoom();
    }

    /// <summary>Does what must be possible on a full disk: an edit that only takes away. What went for good with it is deleted on return.</summary>
    /// <exception cref="DomainException">Whatever <paramref name="decide"/> refuses; <c>storage.busy</c>, <c>storage.failed</c>.</exception>
    public async Task<T> FreeAsync<T>(IReadOnlyList<string> volumes, Author author, Func<VolumeEdit, T> decide)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var result = await EditAsync(volumes, author, decide, [], frees: true);
                await _release;
                return result;
            }
            catch (DomainException full) when (StorageErrors.IsFull(full) && attempt < Attempts)
            {
                // Decided on one that was lost.
            }
        }
    }

    /// <summary>Decides an edit and waits until it is durable and all readers see it.</summary>
    /// <param name="volumes">Those that the edit may look at.</param>
    /// <param name="contents">What the edit may refer to; held by the caller until this has returned.</param>
    /// <exception cref="DomainException">Whatever <paramref name="decide"/> refuses; <c>storage.busy</c>, <c>storage.full</c>, <c>storage.failed</c>.</exception>
    public Task<T> EditAsync<T>(IReadOnlyList<string> volumes, Author author, Func<VolumeEdit, T> decide, params IReadOnlyList<StagedContent> contents) =>
        EditAsync(volumes, author, decide, contents, frees: false);

    private async Task<T> EditAsync<T>(IReadOnlyList<string> volumes, Author author, Func<VolumeEdit, T> decide, IReadOnlyList<StagedContent> contents, bool frees)
    {
        T result;
        Task durable;
        lock (_gate)
        {
            if (_waiting >= _mostWaiting)
                throw StorageErrors.Busy();

            var edit = new VolumeEdit(_head, author, _time.GetUtcNow().UtcDateTime, _running.Total, _options, _ids.Next, _contents.StoredAs) { LastVersion = _ids.LastVersion };
            foreach (var volume in volumes)
                edit.Open(volume, _history.Last);
            result = decide(edit);
            edit.CheckQuotas();
            // What changes nothing was still decided on what may yet be lost.
            durable = edit.Documents.Count > 0 ? Enqueue(edit, contents, frees) : _newest?.Durable ?? Task.CompletedTask;
        }

        await durable;
        return result;
    }

    /// <summary>Waits until what has been decided by now is seen by readers, or lost.</summary>
    public async Task SettleAsync()
    {
        Task? durable;
        lock (_gate)
            durable = _newest?.Durable;
        if (durable is not null)
            await durable.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Called under the gate.</summary>
    private Task Enqueue(VolumeEdit edit, IReadOnlyList<StagedContent> contents, bool frees)
    {
        var batch = _open is { Edits: < MaxBatch } && _open.Frees == frees ? _open : Begin(frees);
        batch.Add(edit);
        _contents.Refer(edit.References, contents, batch);
        if (_ids.Reserve() is { } reserved)
            batch.Add(reserved);
        _head = edit.Trees;
        _waiting++;
        return batch.Durable;
    }

    /// <summary>Has the database ask for a new batch, which is filled until it does. Called under the gate.</summary>
    private VolumeBatch Begin(bool frees)
    {
        var batch = new VolumeBatch(_round, frees);
        batch.Durable = _database.WriteAsync(documents => Apply(batch, documents), () => Publish(batch), failure => TakeBack(batch, failure), usesReserve: frees);
        return _open = _newest = batch;
    }

    /// <summary>Called by the database's writer, perhaps more than once.</summary>
    private void Apply(VolumeBatch batch, Documents documents)
    {
        if (TryClose(batch))
            _history.Extend(batch);
        batch.Apply(documents);
    }

    /// <summary>From now on edits go into another batch.</summary>
    /// <returns>False if that was so already.</returns>
    /// <exception cref="DomainException">Why a batch was lost that this one rests on.</exception>
    private bool TryClose(VolumeBatch batch)
    {
        lock (_gate)
        {
            if (batch.Round != _round)
                throw _loss is DomainException { Error: var known } ? new DomainException(known) : StorageErrors.Failed();
            if (batch.IsClosed)
                return false;

            batch.IsClosed = true;
            _waiting -= batch.Edits;
            if (_open == batch)
                _open = null;
            return true;
        }
    }

    private void Publish(VolumeBatch batch)
    {
        // Together: who lists a folder may ask at once for the changes after what was listed.
        _history.Publish(batch, () => _published = batch.After);
        if (batch.Unused.Count > 0)
            _release = _release.ContinueWith(_ => _contents.Release(batch.Unused), TaskScheduler.Default);
    }

    private void TakeBack(VolumeBatch batch, Exception failure)
    {
        lock (_gate)
        {
            if (batch.Round != _round)
                return;

            (_round, _loss, _open, _newest, _waiting) = (_round + 1, failure, null, null, 0);
            _head = _published;
            _ids.ReserveAnew();
            _contents.KeepOnly(_published.Values.SelectMany(tree => tree.Contents));
        }
    }
}
