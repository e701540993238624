namespace LLMos.Server.Volumes;

internal static partial class VolumeLog
{
    [LoggerMessage(2000, LogLevel.Error, "The database has {Nodes} files or folders without their folder, and former versions of {Files} files that are not there. They are left out; restore a backup, or go on without them.")]
    public static partial void Orphans(this ILogger log, int nodes, int files);

    [LoggerMessage(2001, LogLevel.Information, "Volumes ready: {Volumes} with {Files} files in all.")]
    public static partial void VolumesReady(this ILogger log, int volumes, long files);

    [LoggerMessage(2002, LogLevel.Warning, "Old versions and deleted files could not be let go; the next try is in {Minutes} minutes.")]
    public static partial void TidyingFailed(this ILogger log, Exception failure, double minutes);

    [LoggerMessage(2003, LogLevel.Error, "{Problems} files of the volumes are damaged and answer volumes.content_missing, others are whole; restore a backup: {First}")]
    public static partial void VolumesDamaged(this ILogger log, int problems, string first);

    [LoggerMessage(2004, LogLevel.Error, "The volumes could not be checked at the start.")]
    public static partial void CheckFailed(this ILogger log, Exception failure);
}
