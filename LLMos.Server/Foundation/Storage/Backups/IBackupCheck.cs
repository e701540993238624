namespace LLMos.Server.Foundation.Storage.Backups;

/// <summary>A slice's look at a backup: whether what its documents name is there.</summary>
public interface IBackupCheck
{
    /// <returns>A sentence for each thing that is missing or wrong.</returns>
    IEnumerable<string> Check(Documents documents, string folder);
}
