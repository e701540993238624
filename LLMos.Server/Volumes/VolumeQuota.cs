namespace LLMos.Server.Volumes;

/// <summary>How much a volume may hold. A change that does not make it larger is never refused, so that a full volume can be tidied.</summary>
internal static class VolumeQuota
{
    public const long Megabyte = 1024 * 1024;

    public static long BytesOf(string volume, VolumeOptions options) =>
        (volume.StartsWith("user/", StringComparison.Ordinal) ? options.UserMegabytes : options.TeamMegabytes) * Megabyte;

    /// <summary>The same to be shown: what comes with the product has no room for more.</summary>
    public static long BytesOf(VolumeTree tree, VolumeOptions options) => IsFixed(tree) ? tree.Root.Totals.Bytes : BytesOf(tree.Key, options);

    public static int EntriesOf(VolumeTree tree, VolumeOptions options) => IsFixed(tree) ? tree.Root.Totals.Nodes - 1 : options.MaxEntries;

    public static long KeptBytes(VolumeOptions options) => options.KeptMegabytes * Megabyte;

    /// <summary>Whether a volume keeps so much more than it may that it has to be tidied now: by an eighth, as to tidy is to look at every file.</summary>
    public static bool KeepsTooMuch(VolumeTree tree, VolumeOptions options) =>
        tree.KeptBytes - KeptBytes(options) > Math.Max(options.KeptMegabytes, options.FileMegabytes) * Megabyte / 8
        || tree.BinWeight - options.MaxEntries > options.MaxEntries / 8;

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.quota_exceeded</c> or <c>volumes.too_many_entries</c>.</exception>
    public static void Check(Totals before, Totals after, string volume, VolumeOptions options)
    {
        var name = volume.Split('/')[0];
        var limit = BytesOf(volume, options);
        if (after.Bytes > limit && after.Bytes > before.Bytes)
            throw VolumeErrors.QuotaExceeded(name, after.Bytes, limit);

        // The volume's own folder does not count.
        var entries = after.Nodes - 1;
        if (entries > options.MaxEntries && entries > before.Nodes - 1)
            throw VolumeErrors.TooManyEntries(name, options.MaxEntries);
    }

    private static bool IsFixed(VolumeTree tree) => tree.Key == VolumePath.NameOf(VolumeKind.System);
}
