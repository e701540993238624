namespace LLMos.Server.Volumes;

/// <summary>How much a volume may hold. A change that does not make it larger is never refused, so that a full volume can be tidied.</summary>
internal static class VolumeQuota
{
    public const long Megabyte = 1024 * 1024;

    public static long BytesOf(string volume, VolumeOptions options) =>
        (volume.StartsWith("user/", StringComparison.Ordinal) ? options.UserMegabytes : options.TeamMegabytes) * Megabyte;

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.quota_exceeded</c> or <c>volumes.too_many_entries</c>.</exception>
    public static void Check(Totals before, Totals after, string volume, VolumeOptions options)
    {
        var name = volume.Split('/')[0];
        var limit = BytesOf(volume, options);
        if (after.Bytes > limit && after.Bytes > before.Bytes)
            throw VolumeErrors.QuotaExceeded(name, after.Bytes, limit);

        // The volume's own folder does not count.
        var entries = after.Files + after.Folders - 1;
        if (entries > options.MaxEntries && entries > before.Files + before.Folders - 1)
            throw VolumeErrors.TooManyEntries(name, options.MaxEntries);
    }
}
