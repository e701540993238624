using LiteDB;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The way from a folder to a database that serves: created, or recovered, checked and migrated.</summary>
internal sealed class DatabaseOpening(DataFolder folder, Lock gate, ILogger logger, SchemaMigrations migrations)
{
    public (SegmentLog Log, Engine Engine) Open(long logBytes, IEnumerable<StoreCollection> collections)
    {
        SegmentLog? log = null;
        Engine? engine = null;
        try
        {
            if (folder.IsHalfRestored)
                throw StorageErrors.HalfRestored(folder.Path);
            if (!File.Exists(folder.DatabaseFile))
                Create(logBytes);
            else if (!File.Exists(folder.ChangeLog))
                throw StorageErrors.ChangeLogMissing(folder.ChangeLog);

            log = ChangeLogFile.Open(folder.ChangeLog, logBytes, out var isFormer);
            if (isFormer)
                log = BringForward(log, logBytes);
            engine = Open(log);
            Migrate(engine, log);
            Create(engine, collections);
            return (log, engine);
        }
        catch (Exception failure)
        {
            engine?.Dispose();
            log?.Dispose();
            throw Explain(failure);
        }
    }

    /// <summary>Only where none was: an empty database in the place of one that is missing would have all that belonged to it swept away.</summary>
    private void Create(long logBytes)
    {
        if (folder.TraceOfDatabase() is { } trace)
            throw StorageErrors.DatabaseMissing(folder.DatabaseFile, trace);

        File.Delete(folder.NewDatabaseFile);
        using (var file = new FileStream(folder.NewDatabaseFile, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0))
            Engine.Fill(file, folder.DatabaseFile, gate, migrations.Mark);
        // First the log: beside a database there always is one.
        ChangeLogFile.Make(folder.ChangeLog, logBytes);
        File.Move(folder.NewDatabaseFile, folder.DatabaseFile);
        FileSync.Folder(folder.Path);
        logger.DatabaseCreated(folder.DatabaseFile);
    }

    private Engine Open(SegmentLog log)
    {
        DatabaseFile.Check(folder.DatabaseFile, log);
        return new(new FileStream(folder.DatabaseFile, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0), folder.DatabaseFile, log, gate, logger);
    }

    /// <summary>Copies what a change log of an earlier form has into the database, and begins one of today's.</summary>
    private SegmentLog BringForward(SegmentLog former, long logBytes)
    {
        using (former)
        {
            using var engine = Open(former);
            engine.Checkpoint();
        }

        ChangeLogFile.Make(folder.ChangeLog, logBytes);
        return ChangeLogFile.Open(folder.ChangeLog, logBytes, out _);
    }

    private void Migrate(Engine engine, SegmentLog log)
    {
        var recovered = log.Pages;
        var version = SchemaMigrations.VersionOf(engine.Documents(writable: false))
            ?? throw StorageErrors.Damaged(folder.DatabaseFile, "it does not say which schema it has");
        migrations.Check(version);
        if (version < migrations.Current)
        {
            engine.Checkpoint();
            File.Copy(folder.DatabaseFile, $"{folder.DatabaseFile}.schema-{version}", overwrite: true);
            engine.Commit(documents =>
            {
                migrations.Apply(documents, version);
                return true;
            });
        }

        logger.DatabaseOpened(folder.DatabaseFile, migrations.Current, recovered);
    }

    private static void Create(Engine engine, IEnumerable<StoreCollection> collections) =>
        engine.Commit(documents =>
        {
            documents.Create(collections.Select(collection => collection.Name));
            return true;
        });

    private Exception Explain(Exception failure) => failure switch
    {
        _ when StorageErrors.IsFull(failure) => StorageErrors.Full(),
        LiteException or IOException { InnerException: not (null or IOException) } => StorageErrors.Damaged(folder.DatabaseFile, (failure.InnerException ?? failure).Message),
        IOException or UnauthorizedAccessException => StorageErrors.Unusable(folder.Path, failure.Message),
        _ => failure,
    };
}
