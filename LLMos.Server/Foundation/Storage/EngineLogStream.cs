using System.Diagnostics;

namespace LLMos.Server.Foundation.Storage;

/// <summary>What one LiteDB engine sees of the <see cref="SegmentLog"/>: an append-only file of pages.</summary>
/// <remarks>
/// LiteDB hands its pages to a queue that another thread may write, even after the engine was disposed: hence
/// <see cref="WaitForConfirmation"/>, and a view of its own for each engine, closed with it.
/// </remarks>
internal sealed class EngineLogStream(SegmentLog log) : Stream
{
    // The last page of a transaction carries this byte, so says the file format of LiteDB 5.0.20.
    private const int ConfirmedByte = 18;

    private readonly object _gate = new();
    private long _confirmed;
    private bool _closed;

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => true;
    public override long Length => log.Pages * SegmentHeader.PageBytes;
    public override long Position { get; set; }

    /// <summary>Transactions whose last page has arrived.</summary>
    public long Confirmed
    {
        get
        {
            lock (_gate)
                return _confirmed;
        }
    }

    /// <exception cref="IOException">It did not come: LiteDB has lost the transaction.</exception>
    public void WaitForConfirmation(long number, TimeSpan patience)
    {
        lock (_gate)
        {
            // A wait may end early, where something between us and the kernel moves its clocks.
            var begun = Stopwatch.GetTimestamp();
            while (_confirmed < number)
            {
                if (patience - Stopwatch.GetElapsedTime(begun) is not { Ticks: > 0 } left)
                    throw new IOException("LiteDB committed, but the end of the transaction never reached the log.");
                Monitor.Wait(_gate, left);
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            if (count != SegmentHeader.PageBytes || Position != Length)
                throw new IOException($"LiteDB wrote {count} bytes at {Position} of a log of {Length}: not one page at its end.");

            log.Append(buffer.AsSpan(offset, count));
            Position += count;
            if (buffer[offset + ConfirmedByte] == 0)
                return;

            _confirmed++;
            Monitor.PulseAll(_gate);
        }
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (Position >= Length)
            return 0;
        if (count != SegmentHeader.PageBytes || Position % SegmentHeader.PageBytes != 0)
            throw new IOException($"LiteDB read {count} bytes at {Position} of its log: not one page.");

        log.Read(Position / SegmentHeader.PageBytes, buffer.AsSpan(offset, count));
        Position += count;
        return count;
    }

    /// <summary>LiteDB empties its log when a checkpoint has made the database file durable, and never cuts it otherwise.</summary>
    public override void SetLength(long value)
    {
        lock (_gate)
        {
            if (_closed || value == Length)
                return;
            if (value != 0)
                throw new IOException($"LiteDB wanted to cut its log to {value} bytes.");
            log.Restart();
        }
    }

    // LiteDB flushes after every page; what counts is the one Sync after the last.
    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
            _closed = true;
        base.Dispose(disposing);
    }
}
