using LiteDB;
using LiteDB.Engine;

namespace LLMos.Server.Foundation.Storage;

/// <summary>One LiteDB engine after another over the same files. Everything here is called under <see cref="Database"/>'s gate.</summary>
/// <remarks>
/// LiteDB closes itself at an I/O error, loses track of transactions that fail, and keeps what it could not write. The
/// answer to any doubt is therefore the same: drop the engine and what is not durable, and open the next one.
/// </remarks>
internal sealed class Engine(EngineSettings files, SegmentLog log, Lock gate, ILogger logger) : IDisposable
{
    private static readonly Version MeasuredVersion = new(5, 0, 20, 0);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private LiteDatabase? _database;
    private EngineLogStream? _stream;

    /// <summary>Writes to a new database, or to one that nobody uses, and has all of it durable in its file, but for the file's name.</summary>
    public static void Fill(EngineSettings files, Lock gate, Action<Documents> fill)
    {
        using var changes = new MemoryStream();
        using var database = Open(files, changes);
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
        using var database = Open(new() { Filename = path, ReadOnly = true }, changes);
        return inspect(new(database, gate, writable: false));
    }

    /// <exception cref="IOException">The files cannot be opened.</exception>
    public Documents Documents(bool writable)
    {
        if (_database is null)
        {
            _stream = new(log);
            try
            {
                _database = Open(files, _stream);
            }
            catch (Exception failure) when (failure is not IOException)
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
        log.Sync();
    }

    /// <summary>Copies the log into the database file, which is then durable, and empties it.</summary>
    public void Checkpoint()
    {
        Documents(writable: false);
        _database!.Checkpoint();
    }

    public void Drop()
    {
        try
        {
            _stream?.Dispose();
            _database?.Dispose();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            logger.EngineClosedBadly(failure);
        }
        finally
        {
            (_database, _stream) = (null, null);
            log.Discard();
        }
    }

    public void Dispose() => Drop();

    private static LiteDatabase Open(EngineSettings files, Stream changes)
    {
        // The log's stream relies on what was measured with this version: the confirming byte and the order of pages.
        if (typeof(LiteEngine).Assembly.GetName().Version is var version && version != MeasuredVersion)
            throw new InvalidOperationException($"LiteDB {version} was never tested here; run every storage test, then change this line.");

        (files.LogStream, files.Collation) = (changes, Collation.Binary);
        return new(new LiteEngine(files), new BsonMapper());
    }
}
