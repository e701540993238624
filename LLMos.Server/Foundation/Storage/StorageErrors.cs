using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Foundation.Storage;

internal static class StorageErrors
{
    // What .NET hands on from the system: ENOSPC and EDQUOT.
    public const int NoSpace = 28;
    public const int OverQuota = 122;

    private const string FullCode = "storage.full";

    public static bool IsFull(Exception failure) =>
        failure is IOException { HResult: NoSpace or OverQuota } or DomainException { Error.Code: FullCode };

    public static DomainException Full() =>
        new(new(ErrorKind.StorageFull, FullCode, "The server's disk is full; nothing was changed. Delete files or empty the bin, which always works, and try again."));

    public static DomainException Failed() =>
        new(new(ErrorKind.Unavailable, "storage.failed", "The server's disk did not take the change; nothing was changed. The server's log says why."));

    public static DomainException Busy() =>
        new(new(ErrorKind.Busy, "storage.busy", "Too many changes wait for the disk; try again in a moment.", RetryAfterSeconds: 1));

    public static DomainException Unusable(string folder, string why) =>
        new(new(ErrorKind.Unavailable, "storage.unusable", $"The data folder '{folder}' cannot be used: {why}"));

    public static DomainException InUse(string folder) =>
        new(new(ErrorKind.Unavailable, "storage.in_use", $"Another server has the data folder '{folder}' open; stop it, or choose another folder with Data:Path."));

    public static DomainException Damaged(string file, string why) =>
        new(new(ErrorKind.Unavailable, "storage.damaged", $"'{file}' is not a database that this server can open ({why}). Nothing was changed; restore it from a backup."));

    public static DomainException PageDamaged(string file, long page) =>
        new(new(ErrorKind.Unavailable, "storage.damaged", $"Page {page} of the database '{file}', at byte {page * SegmentHeader.PageBytes}, is damaged: it is not what was written there. Restore a backup; what is not in that page can still be read."));

    public static DomainException ChangeLogDamaged(string file, string why) =>
        new(new(ErrorKind.Unavailable, "storage.damaged", $"The change log '{file}' is damaged ({why}): the last changes may be in it alone. Nothing was changed. Restore a backup; or go on without what cannot be read: LLMos.Server repair, which keeps what is there now."));

    public static DomainException ChangeLogMissing(string file) =>
        new(new(ErrorKind.Unavailable, "storage.damaged", $"The change log '{file}' is missing beside its database: the last changes may be in it alone. Nothing was changed. Put it back, or restore a backup; or go on without it: LLMos.Server repair."));

    public static DomainException DatabaseMissing(string file, string trace) =>
        new(new(ErrorKind.Unavailable, "storage.damaged", $"The database '{file}' is missing, though '{trace}' beside it shows that there was one. Nothing was changed. Put it back, or restore a backup; to begin anew, empty the data folder."));

    public static DomainException HalfRestored(string folder) =>
        new(new(ErrorKind.Unavailable, "storage.damaged", $"A restore into '{folder}' did not end. Nothing was changed. Run it again: LLMos.Server restore FOLDER; what was there before is in its folders '{Backups.RestoreCommand.Replaced}…'."));

    public static DomainException NewerSchema(int found, int known) =>
        new(new(ErrorKind.Unavailable, "storage.newer_schema", $"The database was written by a newer version of this server (schema {found}; this one knows up to {known}). Nothing was changed; start that version, or restore a backup."));

    public static DomainException BackupRunning() =>
        new(new(ErrorKind.Conflict, "storage.backup_running", "A backup is being made already."));

    public static DomainException BackupDamaged(string folder, string why) =>
        new(new(ErrorKind.Unavailable, "storage.backup_damaged", $"'{folder}' is not a whole backup ({why}). Nothing was changed."));
}
