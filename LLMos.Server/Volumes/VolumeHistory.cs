using System.Runtime.CompilerServices;
using LiteDB;
using LLMos.Server.Foundation.Streams;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>The newest changes of each volume, numbered, for watchers and for who comes back: in memory, and durable with the changes themselves.</summary>
internal sealed class VolumeHistory(IOptions<VolumeOptions> options)
{
    // Of at most two paths each: a document stays below 1 MB, and LiteDB takes none over 16 MB.
    private const int MostInDocument = 100;

    // Documents that go with one batch: edits of users wait for it.
    private const int MostForgotten = 500;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Kept> _volumes = new(StringComparer.Ordinal);
    private long _before;

    /// <summary>Adds the batch's changes to its documents, and takes from the database what is too old to keep.</summary>
    public void Extend(VolumeBatch batch)
    {
        lock (_gate)
        {
            foreach (var changes in batch.Changes.GroupBy(entry => entry.Volume, entry => entry.Change))
            {
                var root = batch.After[changes.Key].Root.Id;
                foreach (var document in changes.Chunk(MostInDocument))
                    batch.Add(new DocumentChange(VolumeDocuments.Changes, VolumeDocuments.Numbered(root, document[0].Sequence), new() { ["e"] = new BsonArray(document.Select(Write)) }));
                foreach (var old in KeptOf(changes.Key).TooOld([.. changes]).Take(MostForgotten))
                {
                    batch.Add(new DocumentChange(VolumeDocuments.Changes, VolumeDocuments.Numbered(root, old), null));
                    batch.Forgotten[changes.Key] = old;
                }
            }
        }
    }

    /// <summary>Shows the batch's changes, which are durable now.</summary>
    /// <param name="show">What else becomes visible at the same moment.</param>
    public void Publish(VolumeBatch batch, Action show)
    {
        lock (_gate)
        {
            show();
            foreach (var changes in batch.Changes.GroupBy(entry => entry.Volume, entry => entry.Change))
            {
                foreach (var document in changes.Chunk(MostInDocument))
                    KeptOf(changes.Key).Add(document);
            }

            foreach (var (volume, last) in batch.Forgotten)
                KeptOf(volume).Forget(last);
        }
    }

    /// <summary>Numbers the next changes of all volumes from after <paramref name="before"/>, if they are not there yet. Called before anything else.</summary>
    public void Begin(long before) => _before = before;

    /// <summary>Takes up what the database has of a volume: one or more documents for each batch, in their order.</summary>
    public void Load(string volume, IEnumerable<BsonDocument> documents)
    {
        lock (_gate)
        {
            foreach (var document in documents)
            {
                var (_, first) = VolumeDocuments.ReadNumbered(document["_id"]);
                KeptOf(volume).Add([.. document["e"].AsArray.Select((entry, index) => Read(first + index, entry.AsArray))]);
            }

            KeptOf(volume).GoOnAfter(_before);
        }
    }

    /// <summary>The first change of each document that the database has of a volume.</summary>
    public IReadOnlyList<long> DocumentsOf(string volume)
    {
        lock (_gate)
            return KeptOf(volume).Documents;
    }

    /// <summary>The first change of each document that the database has of a volume though it is too old to keep, the oldest first.</summary>
    public IReadOnlyList<long> TooOldOf(string volume)
    {
        lock (_gate)
            return [.. KeptOf(volume).TooOld([])];
    }

    /// <summary>The database has no document of a volume any more whose first change is <paramref name="last"/> or one before it.</summary>
    public void Forget(string volume, long last)
    {
        lock (_gate)
            KeptOf(volume).Forget(last);
    }

    /// <summary>Takes a volume out that is not there any more.</summary>
    public void Remove(string volume)
    {
        lock (_gate)
            _volumes.Remove(volume);
    }

    /// <summary>The number of the newest change that is published; 0: none.</summary>
    public long Last(string volume)
    {
        lock (_gate)
            return KeptOf(volume).Last;
    }

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.changes_gone</c> or <c>volumes.after_unknown</c>.</exception>
    public IReadOnlyList<VolumeChange> Read(string volume, long after, int most)
    {
        lock (_gate)
            return KeptOf(volume).After(after, most);
    }

    /// <summary>Batches of what followed <paramref name="after"/>, then of what happens, for as long as the caller wants.</summary>
    /// <exception cref="Foundation.Errors.DomainException">At once, or when the caller has fallen behind.</exception>
    public IAsyncEnumerable<IReadOnlyList<VolumeChange>> WatchAsync(string volume, long after, int most, CancellationToken cancellation)
    {
        Read(volume, after, most);
        return Follow(volume, after, most, cancellation);
    }

    private async IAsyncEnumerable<IReadOnlyList<VolumeChange>> Follow(
        string volume, long after, int most, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            Task arrival;
            lock (_gate)
                arrival = KeptOf(volume).Arrivals.Next();
            if (Read(volume, after, most) is { Count: > 0 } changes)
            {
                after = changes[^1].Sequence;
                yield return changes;
            }
            else
            {
                await arrival.WaitAsync(cancellation);
            }
        }
    }

    private Kept KeptOf(string volume)
    {
        if (!_volumes.TryGetValue(volume, out var kept))
        {
            _volumes[volume] = kept = new(options.Value);
            // system/ has no changes, and is in no backup.
            if (volume != VolumePath.NameOf(VolumeKind.System))
                kept.GoOnAfter(_before);
        }

        return kept;
    }

    private static BsonValue Write(VolumeChange change) => new BsonArray(
        (int)change.Kind, change.Path.ToString(), new BsonValue(change.From?.ToString()), change.IsFolder,
        change.Version is { } version ? version : BsonValue.Null, change.At.Ticks, change.Author);

    private static VolumeChange Read(long sequence, BsonArray entry) => new(
        sequence, (ChangeKind)entry[0].AsInt32, VolumePath.Parse(entry[1].AsString), entry[2].IsNull ? null : VolumePath.Parse(entry[2].AsString),
        entry[3].AsBoolean, entry[4].IsNull ? null : entry[4].AsInt32, VolumeDocuments.Time(entry[5]), entry[6].AsString);

    private sealed class Kept(VolumeOptions options)
    {
        private readonly Queue<VolumeChange> _changes = new();

        // The first change of each document that the database has.
        private readonly Queue<long> _documents = new();

        private readonly long _mostBytes = options.ChangesKeptMegabytes * VolumeQuota.Megabyte;
        private long _bytes;

        public IReadOnlyList<long> Documents => [.. _documents];

        public LogArrivals Arrivals { get; } = new();

        public long Last { get; private set; }

        private long First => Last - _changes.Count + 1;

        public void Add(VolumeChange[] changes)
        {
            GoOnAfter(changes[0].Sequence - 1);
            _documents.Enqueue(changes[0].Sequence);
            foreach (var change in changes)
            {
                _changes.Enqueue(change);
                _bytes += change.MemoryBytes;
            }

            Last = changes[^1].Sequence;
            while (IsTooMuch(_changes.Count, _bytes))
                _bytes -= _changes.Dequeue().MemoryBytes;
            Arrivals.Announce();
        }

        /// <summary>Leaves out the numbers up to <paramref name="sequence"/>: nobody can tell what there was after the last.</summary>
        public void GoOnAfter(long sequence)
        {
            if (sequence <= Last)
                return;
            _changes.Clear();
            _bytes = 0;
            Last = sequence;
        }

        /// <summary>The database has those no more whose first change is <paramref name="last"/> or one before it.</summary>
        public void Forget(long last)
        {
            while (_documents.TryPeek(out var first) && first <= last)
                _documents.Dequeue();
        }

        /// <summary>Documents all of whose changes are too old when <paramref name="more"/> are there too.</summary>
        public IEnumerable<long> TooOld(IReadOnlyCollection<VolumeChange> more)
        {
            var (first, count, bytes) = (First, _changes.Count + more.Count, _bytes + more.Sum(change => (long)change.MemoryBytes));
            foreach (var change in _changes.Concat(more).TakeWhile(_ => IsTooMuch(count, bytes)))
                (first, count, bytes) = (change.Sequence + 1, count - 1, bytes - change.MemoryBytes);
            return _documents.Zip(_documents.Skip(1)).TakeWhile(pair => pair.Second <= first).Select(pair => pair.First);
        }

        public IReadOnlyList<VolumeChange> After(long after, int most)
        {
            if (after < 0 || after > Last)
                throw VolumeErrors.AfterUnknown(after, Last);
            return after + 1 >= First
                ? [.. _changes.Skip((int)(after + 1 - First)).Take(most)]
                : throw VolumeErrors.ChangesGone(after, First);
        }

        private bool IsTooMuch(int count, long bytes) => count > options.ChangesKept || bytes > _mostBytes;
    }
}
