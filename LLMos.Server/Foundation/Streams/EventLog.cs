using System.Runtime.CompilerServices;

namespace LLMos.Server.Foundation.Streams;

/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="Payload">Valid for as long as it is held; it may keep a block of some 64 KiB alive, so copy what is kept for long.</param>
public readonly record struct LogEntry(long Sequence, ReadOnlyMemory<byte> Payload);

/// <summary>An append-only, numbered log in a file, with its newest part in memory, for one producer and any number of readers.</summary>
/// <remarks>
/// An entry is with the operating system when <see cref="Append"/> returns: it outlives this process, not a power cut.
/// One object per file may append; others may open the file to read what was there at that moment.
/// </remarks>
public sealed class EventLog : IDisposable
{
    private readonly EventLogOptions _options;
    private readonly LogFile _file;
    private readonly LogTail _tail;
    private readonly LogIndex _index = new();
    private readonly LogArrivals _arrivals = new();

    // _writing orders producers and may be held for as long as a write takes; _gate guards what readers look at, for moments.
    private readonly Lock _writing = new();
    private readonly Lock _gate = new();
    private LogTotals _totals = new(0, 0, LogHeader.Bytes);
    private bool _completed;
    private bool _disposed;

    private EventLog(string path, EventLogOptions options)
    {
        _options = options;
        _file = new(path, options.Write);
        _tail = new(options.TailBytes);
    }

    public long LastSequence => Totals.Last;

    /// <summary>Payload bytes in all.</summary>
    public long Bytes => Totals.Bytes;

    public bool IsCompleted
    {
        get
        {
            lock (_gate)
                return _completed;
        }
    }

    internal int MaxEntryBytes => _options.MaxEntryBytes;

    private LogTotals Totals
    {
        get
        {
            lock (_gate)
                return _totals;
        }
    }

    /// <exception cref="IOException">There is such a file already.</exception>
    public static EventLog Create(string path, EventLogOptions options)
    {
        var log = new EventLog(path, options);
        log._file.Create();
        return log;
    }

    /// <summary>Opens a log that may have been cut off by a crash: it then ends after its last whole entry.</summary>
    /// <remarks>Cheap for a completed one. Changes nothing in the file before the first <see cref="Append"/>.</remarks>
    /// <exception cref="Errors.DomainException"><c>log.damaged</c>: not a log, or not one of this form.</exception>
    public static EventLog Open(string path, EventLogOptions options)
    {
        var log = new EventLog(path, options);
        log.Recover();
        return log;
    }

    /// <summary>Adds an entry and returns its sequence number; never waits for a reader.</summary>
    /// <exception cref="Errors.DomainException"><c>log.entry_too_large</c> or <c>storage.full</c>; the log is as before.</exception>
    /// <exception cref="IOException">The disk failed; the log is as before.</exception>
    public long Append(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > _options.MaxEntryBytes)
            throw EventLogErrors.EntryTooLarge(payload.Length, _options.MaxEntryBytes);

        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_completed)
                throw new InvalidOperationException("The log is completed.");

            var length = LogRecord.HeaderBytes + payload.Length;
            var kept = _tail.Fits(length);
            Write(payload, length, kept);

            LogPlace place;
            lock (_gate)
            {
                if (kept)
                    _tail.Commit(length);
                else
                    _tail.Clear();
                _totals = new(_totals.Last + 1, _totals.Bytes + payload.Length, _totals.End + length);
                place = new(_totals.Last, _totals.End);
            }

            _index.Add(place);
            _arrivals.Announce();
            return place.Sequence;
        }
    }

    /// <summary>Ends the log: readers finish after the last entry. Again is nothing.</summary>
    public void Complete()
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_completed)
                return;

            try
            {
                _file.WriteCompletion(_totals);
            }
            catch (IOException)
            {
                // The mark in the file only saves the next Open a scan; the readers that are here must end all the same.
            }

            lock (_gate)
            {
                _completed = true;
                _tail.Clear();
            }

            _file.Close();
            _arrivals.Announce();
        }
    }

    /// <summary>What is there now: at least one entry if there is any, up to both bounds otherwise.</summary>
    /// <param name="maxBytes">Payload bytes.</param>
    /// <exception cref="Errors.DomainException"><c>log.after_negative</c> or <c>log.after_unknown</c>.</exception>
    public IReadOnlyList<LogEntry> Read(long after, int maxEntries, int maxBytes)
    {
        Check(after);
        using var cursor = CursorAt(after);
        return cursor.Take(maxEntries, maxBytes);
    }

    /// <summary>Payload bytes of the entry after a number, without reading them; 0: there is none.</summary>
    /// <exception cref="Errors.DomainException"><c>log.after_negative</c> or <c>log.after_unknown</c>.</exception>
    public long BytesAfter(long after)
    {
        Check(after);
        using var cursor = CursorAt(after);
        return Math.Max(0, cursor.Ahead(mostBytes: 0));
    }

    /// <summary>Batches of what is there, then of what comes, until the log is completed.</summary>
    /// <param name="admit">Asked, with its payload bytes, before a batch is read; what it gives is disposed when the reader asks for the next. Null: nothing is asked.</param>
    /// <remarks>
    /// Not an iterator itself: a refusal must be thrown while the caller's edge still listens. A reader that does not come
    /// back for more holds its batch and nothing ahead of it.
    /// </remarks>
    /// <exception cref="Errors.DomainException"><c>log.after_negative</c> or <c>log.after_unknown</c>.</exception>
    /// <exception cref="ObjectDisposedException">While reading: the log was disposed before it was completed.</exception>
    public IAsyncEnumerable<IReadOnlyList<LogEntry>> ReadAsync(long after, CancellationToken cancellation, Admission? admit = null)
    {
        Check(after);
        return Follow(after, admit, cancellation);
    }

    public void Dispose()
    {
        lock (_writing)
        {
            lock (_gate)
            {
                _disposed = true;
                _tail.Clear();
            }

            _file.Close();
            _arrivals.Announce();
        }
    }

    /// <summary>Where the log ends now, and its records from <paramref name="offset"/> on if those are in memory.</summary>
    internal (long End, ReadOnlyMemory<byte> Memory) Look(long offset)
    {
        lock (_gate)
            return (_totals.End, _tail.From(offset));
    }

    private async IAsyncEnumerable<IReadOnlyList<LogEntry>> Follow(long after, Admission? admit, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var cursor = CursorAt(after);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var arrival = _arrivals.Next();
            var ended = HasEnded();
            var ahead = cursor.Ahead(_options.MaxBatchBytes);
            if (ahead < 0 && ended)
                yield break;
            if (ahead < 0)
            {
                await arrival.WaitAsync(cancellation);
                continue;
            }

            var admission = admit?.Invoke(ahead, cancellation) ?? ValueTask.FromResult<IDisposable?>(null);
            if (!admission.IsCompleted)
                cursor.Rest();
            using (await admission)
            {
                var batch = cursor.Take(int.MaxValue, _options.MaxBatchBytes);
                cursor.Rest();
                if (batch.Count > 0)
                    yield return batch;
            }
        }
    }

    private bool HasEnded()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed && !_completed, this);
            return _completed;
        }
    }

    private LogCursor CursorAt(long after)
    {
        var now = Totals;
        if (after == now.Last)
            return new(this, _file, _index, new(now.Last, now.End));

        var cursor = new LogCursor(this, _file, _index, _index.Floor(after));
        cursor.SkipTo(after);
        return cursor;
    }

    private void Check(long after)
    {
        if (after < 0)
            throw EventLogErrors.AfterNegative(after);
        if (LastSequence is var last && after > last)
            throw EventLogErrors.AfterUnknown(after, last);
    }

    private void Write(ReadOnlySpan<byte> payload, int length, bool kept)
    {
        if (kept)
        {
            var record = _tail.Reserve(_totals.End, length);
            LogRecord.WriteHeader(record, payload);
            payload.CopyTo(record[LogRecord.HeaderBytes..]);
            _file.Write(record, [], _totals.End);
            return;
        }

        // Larger than all that memory may hold: straight from the caller's bytes to the file.
        Span<byte> header = stackalloc byte[LogRecord.HeaderBytes];
        LogRecord.WriteHeader(header, payload);
        _file.Write(header, payload, _totals.End);
    }

    private void Recover()
    {
        var header = _file.ReadHeader(out var length);
        if (!LogHeader.Begins(header))
            throw EventLogErrors.Damaged(_file.Path, 0);

        // A power cut may have kept the mark and lost records: then the records decide.
        if (LogHeader.IsCompleted(header, out var totals) && totals.End == length)
        {
            (_totals, _completed) = (totals, true);
            return;
        }

        if (length < LogHeader.Bytes)
            return;

        _totals = new(0, 0, length);
        using var cursor = new LogCursor(this, _file, _index, LogPlace.Start);
        var bytes = cursor.SkipAll();
        _totals = new(cursor.Place.Sequence, bytes, cursor.Place.Offset);
    }
}
