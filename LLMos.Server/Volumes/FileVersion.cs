namespace LLMos.Server.Volumes;

/// <summary>Who made a change: the account, and by which of its means.</summary>
/// <param name="Via"><c>person</c>, <c>token</c>, or <c>run</c> and the run's id.</param>
internal sealed record Author(string AccountId, string Name, string Via);

/// <summary>One state of a file.</summary>
/// <param name="Number">From 1; never used twice for one file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="StoredAs">The number of the document that has a small content; 0 for a large one.</param>
/// <param name="MadeAfter">How long the server had run in all: ages are counted by that.</param>
internal sealed record FileVersion(
    int Number, long Length, ContentHash Hash, DateTime ModifiedAt, Author Author, long StoredAs = 0, TimeSpan MadeAfter = default)
{
    /// <summary>It is held in memory, and has documents, however short it is.</summary>
    private const long LeastKeptBytes = 8 * 1024;

    /// <summary>What it counts for among the bytes that are kept, once another has taken its place.</summary>
    public long KeptBytes => Math.Max(Length, LeastKeptBytes);

    public ContentReference Content => new(Hash, Length, StoredAs);
}

/// <summary>Names one state of one file: what a client that wants to overwrite has seen.</summary>
internal readonly record struct FileTag(long File, int Version)
{
    /// <summary>An entity tag of HTTP without its quotes.</summary>
    public override string ToString() => $"{File:x}-{Version:x}";
}
