using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Foundation.Streams;

/// <summary>One reader's place in a log. It reads whole records, from memory while it keeps up and else from the file.</summary>
internal sealed class LogCursor(EventLog log, LogFile file, LogIndex index, LogPlace place) : IDisposable
{
    // Below the large object heap's threshold, and room for a record of 64 KiB and the start of its neighbour.
    private const int BlockBytes = 80 * 1024;

    // Keeps a batch of tiny entries bounded too, and its list off the large object heap.
    private const int MaxBatchEntries = 2048;

    private ReadOnlyMemory<byte> _window;
    private SafeFileHandle? _borrowed;

    public LogPlace Place { get; private set; } = place;

    /// <summary>What is there now. The first entry is taken whatever its size, or a reader would never get past it.</summary>
    public List<LogEntry> Take(int maxEntries, int maxBytes)
    {
        var entries = new List<LogEntry>();
        var bytes = 0L;
        while (entries.Count < Math.Min(maxEntries, MaxBatchEntries) && Peek(out var payload))
        {
            bytes += payload.Length;
            if (bytes > maxBytes && entries.Count > 0)
                break;

            Step(payload.Length);
            entries.Add(new(Place.Sequence, payload));
        }

        return entries;
    }

    /// <summary>Payload bytes that <see cref="Take"/> would hand out at most, headers included but for a single entry; -1: there is nothing.</summary>
    public long Ahead(int mostBytes)
    {
        if (!Show(LogRecord.HeaderBytes, out var missing))
            return missing > 0 ? throw EventLogErrors.Damaged(file.Path, Place.Sequence) : -1;
        var (end, _) = log.Look(Place.Offset);
        return Math.Max(Math.Clamp(LogRecord.ClaimedLength(_window.Span), 0, log.MaxEntryBytes), Math.Min(mostBytes, end - Place.Offset));
    }

    /// <summary>Lets go of what was read ahead until the reader comes back. Not of the file: a log may be deleted while it is read.</summary>
    public void Rest() => _window = default;

    public void SkipTo(long sequence)
    {
        while (Place.Sequence < sequence && (SkipLarge() || Peek(out _)))
            Step(LogRecord.ClaimedLength(_window.Span));
    }

    /// <summary>Walks as far as records verify and says how many payload bytes they have.</summary>
    public long SkipAll()
    {
        var bytes = 0L;
        while (TryPeek(out var payload, out _))
        {
            Step(payload.Length);
            bytes += payload.Length;
        }

        return bytes;
    }

    public void Dispose()
    {
        if (_borrowed is not null)
            file.Return();
        _borrowed = null;
    }

    /// <summary>Whether the next record is one that is passed by its length alone, unread: what has megabytes is not read to be skipped.</summary>
    private bool SkipLarge() =>
        Show(LogRecord.HeaderBytes, out _) && LogRecord.ClaimedLength(_window.Span) is var length && length > BlockBytes && length <= log.MaxEntryBytes
        && log.Look(Place.Offset).End - Place.Offset >= LogRecord.HeaderBytes + length;

    private bool Peek(out ReadOnlyMemory<byte> payload)
    {
        if (TryPeek(out payload, out var damaged))
            return true;

        return damaged ? throw EventLogErrors.Damaged(file.Path, Place.Sequence) : false;
    }

    private bool TryPeek(out ReadOnlyMemory<byte> payload, out bool damaged)
    {
        payload = default;
        damaged = false;
        if (!Show(LogRecord.HeaderBytes, out var missing))
        {
            damaged = missing > 0;
            return false;
        }

        var length = LogRecord.ClaimedLength(_window.Span);
        damaged = length < 0 || length > log.MaxEntryBytes
            || !Show(LogRecord.HeaderBytes + length, out _)
            || !LogRecord.Verifies(_window.Span[..(LogRecord.HeaderBytes + length)]);
        if (damaged)
            return false;

        payload = _window.Slice(LogRecord.HeaderBytes, length);
        return true;
    }

    private void Step(int payloadLength)
    {
        var used = LogRecord.HeaderBytes + payloadLength;
        // An empty slice would still hold its block.
        _window = used >= _window.Length ? default : _window[used..];
        Place = new(Place.Sequence + 1, Place.Offset + used);
        index.Add(Place);
    }

    /// <summary>Makes the next <paramref name="length"/> bytes visible. False at the end; part of them there means damage.</summary>
    private bool Show(int length, out int missing)
    {
        missing = 0;
        if (_window.Length >= length)
            return true;

        var (end, memory) = log.Look(Place.Offset);
        var left = end - Place.Offset;
        if (left < length)
        {
            missing = left == 0 ? 0 : (int)(length - left);
            return false;
        }

        _window = memory.Length >= length ? memory : Load((int)Math.Min(left, Math.Max(length, BlockBytes)));
        return _window.Length >= length;
    }

    // Synchronous on purpose: what was written lately is in the page cache, and a hop costs more than the copy.
    private ReadOnlyMemory<byte> Load(int length)
    {
        _borrowed ??= file.Borrow();
        var block = GC.AllocateUninitializedArray<byte>(length);
        var read = 0;
        while (read < length && RandomAccess.Read(_borrowed, block.AsSpan(read), Place.Offset + read) is > 0 and var more)
            read += more;
        return block.AsMemory(0, read);
    }
}
