namespace LLMos.Server.Volumes;

/// <summary>What one draft takes of its person's and its volume's room.</summary>
/// <param name="replaced">The file that it takes the place of.</param>
/// <param name="forgiven">Bytes that do not count for the volume, as those of the replaced file.</param>
internal sealed class DraftShare(DraftBook book, string person, string volume, long? replaced, long forgiven) : IDisposable
{
    private int _ended;

    public string Person => person;

    public string Volume => volume;

    public long? Replaced => replaced;

    public long Bytes { get; internal set; }

    public long CountedOf(long length) => Math.Max(0, length - forgiven);

    /// <summary>Asked before the draft has so many bytes, written or not.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.quota_exceeded</c>, <c>volumes.drafts_exceeded</c>.</exception>
    public void Resize(long length) => book.Resize(this, length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            book.End(this);
    }
}
