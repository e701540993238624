namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary>Opens a copy of the database as a server would, and has every slice look whether all that it names is there.</summary>
internal static class BackupVerification
{
    private const int MostTold = 5;

    /// <exception cref="Errors.DomainException"><c>storage.backup_damaged</c>, <c>storage.newer_schema</c>.</exception>
    public static void Require(string databaseFile, string folder, IEnumerable<IBackupCheck> checks)
    {
        var gate = new Lock();
        List<string> wrong;
        lock (gate)
        {
            wrong = Engine.Inspect(databaseFile, gate, documents =>
            {
                SchemaMigrations.Known.Check(SchemaMigrations.VersionOf(documents) ?? throw StorageErrors.BackupDamaged(folder, "its database has no schema"));
                return checks.SelectMany(check => check.Check(documents, folder)).Take(MostTold).ToList();
            });
        }

        if (wrong.Count > 0)
            throw StorageErrors.BackupDamaged(folder, string.Join("; ", wrong));
    }
}
