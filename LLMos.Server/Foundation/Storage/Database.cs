using System.Collections.Concurrent;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage.Backups;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Storage;

/// <summary>LiteDB behind one gate: one writer, no concurrent readers.</summary>
/// <remarks>
/// Changes that arrive while the disk is busy form the next group: one transaction, one wait for the disk. A slice that
/// reads often keeps what it reads in memory and publishes it when its <see cref="WriteAsync"/> has completed.
/// </remarks>
public sealed class Database : IDisposable
{
    private const int MaxGroup = 256;
    private const long BytesPerMegabyte = 1024 * 1024, PagesPerMegabyte = BytesPerMegabyte / SegmentHeader.PageBytes;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(30);

    // A Lock lets newcomers in before those who wait, so readers in a row would hold the writer up for as long as they like.
    // Everybody passes the door first; the writer holds it until it is inside.
    private readonly Lock _door = new();
    private readonly Lock _gate = new();
    private readonly ILogger _logger;
    private readonly DataFolder _folder;
    private readonly DiskReserve _reserve;
    private readonly SegmentLog _log;
    private readonly Engine _engine;
    private readonly BlockingCollection<Change> _waiting;
    private readonly Thread _writer;
    private readonly long _checkpointPages;
    private long _checkpointAt;
    private bool _checkpointFails;
    private bool _isCopied;
    private bool _disposed;

    /// <exception cref="DomainException">The folder or the database in it cannot be used; the code says why.</exception>
    public Database(IOptions<StorageOptions> options, IEnumerable<StoreCollection>? collections = null, ILogger<Database>? logger = null)
        : this(options.Value, collections ?? [], logger ?? NullLogger<Database>.Instance, SchemaMigrations.Known)
    {
    }

    internal Database(StorageOptions options, IEnumerable<StoreCollection> collections, ILogger logger, SchemaMigrations migrations)
    {
        _logger = logger;
        _checkpointPages = _checkpointAt = options.CheckpointMegabytes * PagesPerMegabyte;
        _waiting = new(options.MaxWaitingChanges);
        _folder = new(options.Path);
        try
        {
            _reserve = new(_folder.Path, options.ReserveMegabytes * BytesPerMegabyte);
            lock (_gate)
                (_log, _engine) = _reserve.Use(() => new DatabaseOpening(_folder, _gate, logger, migrations).Open(options.ChangeLogBytes, collections));
        }
        catch
        {
            _reserve?.Dispose();
            _folder.Dispose();
            throw;
        }

        _writer = new(WriteGroups) { Name = "database writer", IsBackground = true };
        _writer.Start();
    }

    /// <summary>Room on the disk for what frees it.</summary>
    internal DiskReserve Reserve => _reserve;

    /// <summary>Runs <paramref name="read"/> under the gate. It must not block, wait, or keep its <see cref="Documents"/>.</summary>
    public T Read<T>(Func<Documents, T> read)
    {
        if (_gate.IsHeldByCurrentThread)
            throw new InvalidOperationException("This thread is inside a callback of the database already; use the documents that it was given.");

        lock (_door)
        {
            // Not to hold it, only to let the writer in first.
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var documents = OpenDocuments();
            try
            {
                return read(documents);
            }
            finally
            {
                // LiteDB may have closed itself; the next call gets a new engine.
                if (documents.Broken)
                    _engine.Drop();
            }
        }
    }

    /// <summary>Applies <paramref name="change"/> in the next group; the task completes when it is durable.</summary>
    /// <remarks>
    /// Decide before the first <see cref="Documents.Put"/> (duplicates, rights): a change that throws fails its own caller
    /// only, but one that throws later makes its group start again. So a change may run more than once and must not leave
    /// traces outside its documents. Changes are applied in the order of the calls.
    /// </remarks>
    /// <exception cref="DomainException"><c>storage.busy</c> at once; <c>storage.full</c> or <c>storage.failed</c> by the task.</exception>
    /// <param name="whenDurable">Runs on the writer's thread before the next read: for what is kept in memory too. It must be quick and not throw.</param>
    /// <param name="whenLost">Runs on the writer's thread before the next change is applied. It must not throw.</param>
    /// <param name="usesReserve">For what must be possible on a full disk: what frees it, and what is small and bounded.</param>
    public Task WriteAsync(Action<Documents> change, Action? whenDurable = null, Action<Exception>? whenLost = null, bool usesReserve = false)
    {
        var waiting = new Change(change, whenDurable, whenLost, usesReserve);
        try
        {
            if (!_waiting.TryAdd(waiting))
                throw StorageErrors.Busy();
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(Database));
        }

        return waiting.Done;
    }

    /// <summary>Makes a whole, durable copy of the database as it is now, while reading and writing go on.</summary>
    /// <exception cref="DomainException"><c>storage.failed</c>.</exception>
    /// <exception cref="IOException">The copy cannot be written.</exception>
    public void CopyTo(string path)
    {
        using (EnterFirst())
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!TryCheckpoint())
                throw StorageErrors.Failed();
            // The file changes in a checkpoint only; until then the change log grows.
            _isCopied = true;
        }

        try
        {
            BackupFiles.CopyDurably(_folder.DatabaseFile, path);
        }
        finally
        {
            using (EnterFirst())
                _isCopied = false;
        }
    }

    /// <summary>Gives a full disk back what the database file has and does not use, for which it reads all of the file.</summary>
    internal void GiveBackRoom()
    {
        using (EnterFirst())
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                if (TryCheckpoint())
                    _engine.GiveBackRoom();
            }
            catch (IOException failure)
            {
                _logger.CheckpointFailed(failure);
            }
        }

        _reserve.TakeBack();
    }

    /// <summary>Finishes what waits, then leaves the whole content in the database file alone.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;

        _waiting.CompleteAdding();
        _writer.Join();
        lock (_gate)
        {
            _disposed = true;
            if (TryCheckpoint())
                EraseLog();
            _engine.Dispose();
        }

        _reserve.Dispose();
        _log.Dispose();
        _folder.Dispose();
        _waiting.Dispose();
    }

    private Documents OpenDocuments()
    {
        try
        {
            return _engine.Documents(writable: false);
        }
        catch (DomainException)
        {
            _engine.Drop();
            throw;
        }
        catch (IOException failure)
        {
            _engine.Drop();
            _logger.EngineClosedBadly(failure);
            throw StorageErrors.Failed();
        }
    }

    private void WriteGroups()
    {
        var group = new List<Change>(MaxGroup);
        while (!_waiting.IsCompleted)
        {
            if (_waiting.TryTake(out var first, Patience()))
            {
                group.Add(first);
                while (group.Count < MaxGroup && _waiting.TryTake(out var next))
                    group.Add(next);
                Write(group);
                group.Clear();
                if (_log.Pages < _checkpointAt)
                    continue;
            }

            using (EnterFirst())
                TryCheckpoint();
            _reserve.TakeBack();
        }
    }

    private Lock.Scope EnterFirst()
    {
        lock (_door)
            return _gate.EnterScope();
    }

    private TimeSpan Patience() =>
        _checkpointFails ? AfterFailure : _log.Pages > 0 ? Idle : _reserve.IsWhole ? Timeout.InfiniteTimeSpan : AfterFailure;

    private void Write(List<Change> group)
    {
        while (group.Count > 0)
        {
            Change? culprit = null;
            try
            {
                if (group.TrueForAll(change => change.UsesReserve))
                    _reserve.Use(() => Commit(group, out culprit));
                else
                    Commit(group, out culprit);
                group.ForEach(change => change.Complete());
                return;
            }
            catch (Exception failure) when (culprit is not null)
            {
                _logger.ChangeFailed(failure);
                culprit.Fail(failure);
                group.Remove(culprit);
            }
            catch (Exception failure) when (group.Count == 1 || (failure is IOException && !(StorageErrors.IsFull(failure) && group.Exists(change => change.UsesReserve))))
            {
                _logger.GroupFailed(failure, group.Count);
                var answer = StorageErrors.IsFull(failure) ? StorageErrors.Full() : failure is IOException ? StorageErrors.Failed() : failure;
                group.ForEach(change => change.Fail(answer));
                return;
            }
            catch (Exception failure)
            {
                // LiteDB does not say whose fault it was, and on a full disk some may have the reserve: so each goes alone.
                _logger.ChangeFailed(failure);
                foreach (var change in group)
                    Write([change]);
                return;
            }
        }
    }

    private void Commit(List<Change> group, out Change? culprit)
    {
        culprit = null;
        using var inside = EnterFirst();
        Change? found = null;
        try
        {
            _engine.Commit(documents => (found = group.Find(change => !change.TryApply(documents))) is null);
        }
        catch
        {
            culprit = found;
            _engine.Drop();
            throw;
        }

        group.ForEach(change => change.BecomeDurable());
    }

    private bool TryCheckpoint()
    {
        if (_isCopied)
            return false;

        try
        {
            _reserve.Use(CheckpointOnce);
            (_checkpointAt, _checkpointFails) = (_checkpointPages, false);
            return true;
        }
        catch (Exception failure)
        {
            // Nothing is lost, the log has it all. It may grow by as much again before this is worth another try.
            _logger.CheckpointFailed(failure);
            (_checkpointAt, _checkpointFails) = (_log.Pages + _checkpointPages, true);
            return false;
        }
    }

    private void CheckpointOnce()
    {
        try
        {
            _engine.Checkpoint();
        }
        catch
        {
            _engine.Drop();
            throw;
        }
    }

    private void EraseLog()
    {
        try
        {
            _log.Erase();
        }
        catch (IOException failure)
        {
            _logger.CheckpointFailed(failure);
        }
    }
}
