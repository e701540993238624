namespace LLMos.Server.Volumes;

internal enum ChangeKind { Created, Changed, Removed, Moved }

/// <summary>Something that happened in a volume.</summary>
/// <param name="Sequence">From 1, without gaps, for each volume; after a restore it goes on further up.</param>
/// <param name="Path">Where; of something moved, where it is now.</param>
/// <param name="From">Where something moved was before.</param>
/// <param name="Version">Of a file that is there now.</param>
internal sealed record VolumeChange(
    long Sequence, ChangeKind Kind, VolumePath Path, VolumePath? From, bool IsFolder, int? Version, DateTime At, string Author)
{
    /// <summary>About what it takes in memory, where a path has its text once as a whole and once by segments.</summary>
    public int MemoryBytes => 256 + MemoryBytesOf(Path) + (From is null ? 0 : MemoryBytesOf(From));

    /// <summary>Whether it is of interest to who looks at <paramref name="folder"/>: in it, at any depth, or a move or removal of something that it is in.</summary>
    public bool Concerns(VolumePath folder) =>
        Path.IsWithin(folder) || folder.IsWithin(Path) || (From is not null && (From.IsWithin(folder) || folder.IsWithin(From)));

    private static int MemoryBytesOf(VolumePath path) => (4 * path.ToString().Length) + (40 * path.Segments.Length);
}
