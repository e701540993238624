using LiteDB;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The way from a folder to a database that serves: created, or recovered, checked and migrated.</summary>
internal sealed class DatabaseOpening(DataFolder folder, Lock gate, ILogger logger, SchemaMigrations migrations)
{
    public (SegmentLog Log, Engine Engine) Open(long checkpointPages, IEnumerable<StoreCollection> collections)
    {
        SegmentLog? log = null;
        Engine? engine = null;
        try
        {
            // Room for the group that reaches the checkpoint's size, however large, up to as much again.
            log = folder.OpenChangeLog(2 * checkpointPages * SegmentHeader.PageBytes);
            if (!File.Exists(folder.DatabaseFile))
                Create(log);

            DatabaseFile.Check(folder.DatabaseFile, log);
            engine = new(new() { Filename = folder.DatabaseFile }, log, gate, logger);
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

    private void Create(SegmentLog log)
    {
        File.Delete(folder.NewDatabaseFile);
        Engine.Create(new() { Filename = folder.NewDatabaseFile }, gate, migrations.Mark);
        // A log that is left of another database must not be applied to this one.
        log.Erase();
        File.Move(folder.NewDatabaseFile, folder.DatabaseFile);
        FileSync.Folder(folder.Path);
        logger.DatabaseCreated(folder.DatabaseFile);
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
        LiteException or { InnerException: LiteException } => StorageErrors.Damaged(folder.DatabaseFile, (failure.InnerException ?? failure).Message),
        IOException or UnauthorizedAccessException => StorageErrors.Unusable(folder.Path, failure.Message),
        _ => failure,
    };
}
