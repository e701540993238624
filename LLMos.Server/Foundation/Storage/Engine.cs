using LiteDB;
using LiteDB.Engine;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Foundation.Storage;

/// <summary>One LiteDB engine after another over the same files. Everything here is called under <see cref="Database"/>'s gate.</summary>
/// <remarks>
/// LiteDB closes itself at an I/O error, loses track of transactions that fail, and keeps what it could not write. The
/// answer to any doubt is therefore the same: drop the engine and what is not durable, and open the next one.
/// </remarks>
/// <param name="disk">The database file; closed with this.</param>
/// <param name="name">Of the database file, for people.</param>
internal sealed class Engine(Stream disk, string name, SegmentLog log, Lock gate, ILogger logger) : IDisposable
{
    private readonly DatabaseRoom _room = new(disk);

    // Each is told once: whoever reads it again is answered the same.
    private readonly HashSet<long> _damagedPages = [];
    private bool _failedInRead;

    private static readonly Version MeasuredVersion = new(5, 0, 20, 0);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private LiteDatabase? _database;
    private EngineDataStream? _data;
    private EngineLogStream? _stream;

    /// <summary>Writes to a new database, or to one that nobody uses, and has all of it durable in its file, but for the file's name.</summary>
    public static void Fill(Stream disk, string name, Lock gate, Action<Documents> fill)
    {
        using var changes = new MemoryStream();
        using var database = Open(new EngineDataStream(disk, name), changes, isReadOnly: false);
        // The log is copied when we say so, and never behind our back.
        database.CheckpointSize = 0;
        database.UtcDate = true;
        fill(new(database, gate, writable: true));
        database.Checkpoint();
    }

    /// <summary>Reads a whole database that nobody uses.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static T Inspect<T>(string path, Lock gate, Func<Documents, T> inspect)
    {
        using var changes = new MemoryStream();
        using var disk = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var database = Open(new EngineDataStream(disk, path), changes, isReadOnly: true);
        return inspect(new(database, gate, writable: false));
    }

    /// <exception cref="IOException">The files cannot be opened.</exception>
    /// <exception cref="DomainException"><c>storage.damaged</c>.</exception>
    public Documents Documents(bool writable)
    {
        if (_database is null)
        {
            (_data, _stream) = (new(disk, name, log, Tell), new(log));
            try
            {
                _data.SealAll();
                _database = Open(_data, _stream, isReadOnly: false);
            }
            catch (Exception failure) when (failure is not (IOException or DomainException))
            {
                throw new IOException("LiteDB cannot open the database.", failure);
            }
        }

        return new(_database, gate, writable);
    }

    /// <summary>Runs <paramref name="changes"/> as one transaction that is durable on return.</summary>
    /// <param name="changes">Returns false when the transaction must be taken back.</param>
    /// <remarks>If it throws, <see cref="Drop"/> must follow.</remarks>
    public void Commit(Func<Documents, bool> changes)
    {
        var documents = Documents(writable: true);
        var confirmed = _stream!.Confirmed;
        _database!.BeginTrans();
        if (!changes(documents) || documents.Broken || !_database.Commit())
            throw new IOException("The transaction was taken back.");
        if (documents.Changes == 0)
            return;

        _stream.WaitForConfirmation(confirmed + 1, Patience);
        _room.Keep(log.WaitingNumbers());
        log.Sync();
    }

    /// <summary>Copies the log into the database file, which is then durable, and empties it.</summary>
    public void Checkpoint()
    {
        Documents(writable: false);
        _database!.Checkpoint();
    }

    /// <summary>Gives the disk back what the database file has and does not use; the log must be empty.</summary>
    public void GiveBackRoom() => _room.GiveBack();

    public void Drop()
    {
        try
        {
            _stream?.Dispose();
            _data?.Detach();
            _database?.Dispose();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            logger.EngineClosedBadly(failure);
        }
        finally
        {
            (_database, _data, _stream) = (null, null, null);
            if (_failedInRead)
                EngineBuffers.Renew();
            _failedInRead = false;
            log.Discard();
        }
    }

    public void Dispose()
    {
        Drop();
        disk.Dispose();
    }

    private void Tell(long page)
    {
        _failedInRead = true;
        if (_damagedPages.Add(page))
            logger.PageDamaged(name, page);
    }

    private static LiteDatabase Open(Stream data, Stream changes, bool isReadOnly)
    {
        // The log's stream relies on what was measured with this version: the confirming byte and the order of pages.
        if (typeof(LiteEngine).Assembly.GetName().Version is var version && version != MeasuredVersion)
            throw new InvalidOperationException($"LiteDB {version} was never tested here; run every storage test, then change this line.");

        return new(new LiteEngine(new EngineSettings { DataStream = data, LogStream = changes, Collation = Collation.Binary, ReadOnly = isReadOnly }), new BsonMapper());
    }
}
