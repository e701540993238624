namespace LLMos.Server.Foundation.Storage;

internal static partial class StorageLog
{
    [LoggerMessage(110, LogLevel.Information, "Database {File} is open: schema {Schema}, {LogPages} pages recovered from the change log")]
    public static partial void DatabaseOpened(this ILogger logger, string file, int schema, long logPages);

    [LoggerMessage(111, LogLevel.Information, "Database {File} was created")]
    public static partial void DatabaseCreated(this ILogger logger, string file);

    [LoggerMessage(112, LogLevel.Error, "A group of {Count} changes did not reach the disk; their callers were told")]
    public static partial void GroupFailed(this ILogger logger, Exception failure, int count);

    [LoggerMessage(113, LogLevel.Warning, "A change was taken back because of its own error; its neighbours go on")]
    public static partial void ChangeFailed(this ILogger logger, Exception failure);

    [LoggerMessage(114, LogLevel.Warning, "The change log could not be copied into the database file; it grows until that succeeds")]
    public static partial void CheckpointFailed(this ILogger logger, Exception failure);

    [LoggerMessage(115, LogLevel.Warning, "The database engine closed with an error and is opened again")]
    public static partial void EngineClosedBadly(this ILogger logger, Exception failure);

    [LoggerMessage(116, LogLevel.Information, "Backup {Name} was made and verified: {Files} files, {Bytes} bytes")]
    public static partial void BackupMade(this ILogger logger, string name, int files, long bytes);

    [LoggerMessage(117, LogLevel.Error, "A backup could not be made")]
    public static partial void BackupFailed(this ILogger logger, Exception failure);

    [LoggerMessage(118, LogLevel.Error, "Page {Page} of the database {File} is damaged; what is in it is answered with storage.damaged")]
    public static partial void PageDamaged(this ILogger logger, string file, long page);
}
