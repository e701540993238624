namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary>A slice's part in backups: whether what its documents name is there, and what must be another after a restore.</summary>
public interface IBackupCheck
{
    /// <returns>A sentence for each thing that is missing or wrong.</returns>
    IEnumerable<string> Check(Documents documents, string folder);

    /// <summary>Changes a backup's copy before a server opens it: numbers that were given after the backup was made must not be given again.</summary>
    void Renew(Documents documents);
}
