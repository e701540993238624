namespace LLMos.Server.Volumes;

/// <summary>What must be so for a write to happen, as HTTP's <c>If-Match</c>, <c>If-None-Match</c> and <c>If-Unmodified-Since</c> say it.</summary>
/// <param name="Match">The file must be at one of these states; null: whatever it is at.</param>
/// <param name="MustExist"><c>If-Match: *</c>.</param>
/// <param name="MustBeNew"><c>If-None-Match: *</c>.</param>
/// <param name="UnmodifiedSince">A file that is there must not be newer, by the second: no date of HTTP says more.</param>
/// <param name="Content">What a body must be; the others are of what it replaces.</param>
internal sealed record WriteCondition(
    IReadOnlyList<FileTag>? Match = null, bool MustExist = false, bool MustBeNew = false, DateTimeOffset? UnmodifiedSince = null, ContentHash? Content = null)
{
    public static readonly WriteCondition None = new();

    public static readonly WriteCondition New = new(MustBeNew: true);

    public static WriteCondition At(FileTag tag) => new([tag]);

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.conflict</c>.</exception>
    public void Check(VolumePath path, FileNode? now)
    {
        if (Match is not null && !(now is not null && Match.Contains(now.Tag)))
            throw VolumeErrors.Conflict(path, string.Join(", ", Match.Select(tag => $"version {tag.Version} (\"{tag}\")")), now);
        if (MustExist && now is null)
            throw VolumeErrors.Conflict(path, "a file", now);
        if (MustBeNew && now is not null)
            throw VolumeErrors.Conflict(path, "nothing", now);
        if (UnmodifiedSince is { } since && now is not null && now.Current.ModifiedAt.Ticks / TimeSpan.TicksPerSecond > since.UtcTicks / TimeSpan.TicksPerSecond)
            throw VolumeErrors.Conflict(path, $"what was there at {since.UtcDateTime:u}", now);
    }

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.digest_mismatch</c>.</exception>
    public void Check(StagedContent body)
    {
        if (Content is { } hash && hash != body.Hash)
            throw VolumeErrors.DigestMismatch();
    }
}
