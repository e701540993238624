namespace LLMos.Server.Foundation.Streams;

/// <summary>Where some sequence numbers end in the file: one every 64 KiB, so that resuming reads little.</summary>
/// <remarks>The producer adds as it writes; for a log that was opened, whoever walks it first does.</remarks>
internal sealed class LogIndex
{
    private const int SpacingBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly List<LogPlace> _places = [LogPlace.Start];
    private long _next = LogHeader.Bytes + SpacingBytes;

    public void Add(LogPlace place)
    {
        if (place.Offset < Volatile.Read(ref _next))
            return;

        lock (_gate)
        {
            if (place.Offset < _next)
                return;

            _places.Add(place);
            Volatile.Write(ref _next, place.Offset + SpacingBytes);
        }
    }

    /// <summary>The known place closest before, or at, the end of <paramref name="sequence"/>.</summary>
    public LogPlace Floor(long sequence)
    {
        lock (_gate)
        {
            var found = _places.BinarySearch(new(sequence, 0), BySequence.Instance);
            return _places[found >= 0 ? found : ~found - 1];
        }
    }

    private sealed class BySequence : IComparer<LogPlace>
    {
        public static readonly BySequence Instance = new();

        public int Compare(LogPlace one, LogPlace other) => one.Sequence.CompareTo(other.Sequence);
    }
}

/// <param name="Sequence">The entry that ends here; 0 at the start.</param>
/// <param name="Offset">The file offset where the next record begins.</param>
internal readonly record struct LogPlace(long Sequence, long Offset)
{
    public static readonly LogPlace Start = new(0, LogHeader.Bytes);
}
