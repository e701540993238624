using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Streams;

namespace LLMos.Server.Devices;

/// <summary>Everything that happened on one device, numbered from 1 for good: a row of <see cref="EventLog"/> files, the oldest of which go.</summary>
internal sealed class DeviceLog : IDisposable
{
    // A reader is skipped ahead when it is not in the newest two.
    private const int Segments = 8;

    // What a watcher is sent at once, and how long it then waits for more: 60 messages a second are as many as a screen shows.
    private const int MostJoined = 32 * 1024;

    /// <summary>What an event takes in memory while it is sent, for each byte in the log.</summary>
    public const int BytesForByte = 4;

    /// <summary>Of the line and of sentences, in one page.</summary>
    public const int MostPageBytes = 1024 * 1024;

    // More bytes than this are several entries. And the least that an entry takes in the file.
    private const int MostEntry = 64 * 1024, LeastEntry = LogRecord.HeaderBytes + DeviceRecord.LeastBytes;

    // Of the name of a file, which is the number of its first event.
    private const int Digits = 19;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(16);

    // Bytes that come later than this have a time of their own.
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(20);

    private const string DamagedExtension = ".damaged";

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly long _segmentBytes;
    private readonly TimeProvider _time;
    private readonly List<Segment> _segments = [];
    private byte[] _entry = new byte[4096];
    private long _lost;

    /// <param name="folder">Of this device alone; made when it is missing.</param>
    /// <exception cref="IOException">It cannot be made or read.</exception>
    public DeviceLog(string folder, long quotaBytes, TimeProvider time)
    {
        (_folder, _segmentBytes, _time) = (folder, quotaBytes / Segments, time);
        Directory.CreateDirectory(folder);
        var (next, damaged) = (1L, new List<string>());
        foreach (var path in Directory.EnumerateFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            var first = NumberOf(path);
            if (first > 0 && Open(path) is { } log)
            {
                // Only the last may go on.
                if (_segments.Count > 0)
                    _segments[^1].Log.Complete();
                _segments.Add(new(first, path, log));
                next = first + log.LastSequence;
                continue;
            }

            // Its numbers may have been told, and are not given again.
            if (first > 0)
                next = first + (new FileInfo(path).Length / LeastEntry);
            File.Move(path, path + DamagedExtension, overwrite: true);
            damaged.Add(Path.GetFileName(path));
        }

        if (_segments.Count == 0 || _segments[^1].Log.IsCompleted || _segments[^1].Last + 1 < next)
            Begin(next);
        foreach (var name in damaged)
            Append(RecordKind.State, null, $"a part of the log could not be read, and is set aside as {name}{DamagedExtension}");
        foreach (var old in Directory.EnumerateFiles(folder, "*" + DamagedExtension).Order(StringComparer.Ordinal).SkipLast(Segments).ToList())
            File.Delete(old);
    }

    /// <summary>The number of the newest event; 0: none yet.</summary>
    public long Last
    {
        get
        {
            lock (_gate)
                return _segments[^1].Last;
        }
    }

    /// <summary>The number of the oldest that is kept.</summary>
    public long First
    {
        get
        {
            lock (_gate)
                return _segments[0].First;
        }
    }

    public long Bytes
    {
        get
        {
            lock (_gate)
                return _segments.Sum(segment => segment.Log.Bytes);
        }
    }

    public void Append(RecordKind kind, string? by, string sentence) => Append(kind, by, Encoding.UTF8.GetBytes(sentence));

    /// <summary>Never waits for a reader and never fails: what a full disk does not take is counted, and told when it takes something again.</summary>
    public void Append(RecordKind kind, string? by, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            var rest = data;
            do
            {
                var piece = rest[..Math.Min(MostEntry, rest.Length)];
                rest = rest[piece.Length..];
                Record(kind, by, piece);
            }
            while (!rest.IsEmpty);
        }
    }

    /// <summary>Events after a number, what is kept of them: as many as are asked for, or <see cref="MostPageBytes"/>.</summary>
    /// <param name="most">Of them, 1 at least; bytes that came one after another count as one.</param>
    /// <exception cref="DomainException"><c>devices.after_invalid</c>.</exception>
    public IReadOnlyList<DeviceEvent> Read(long after, int most)
    {
        Check(after);
        var (events, bytes) = (new List<DeviceEvent>(), 0);
        while (events.Count < most && bytes < MostPageBytes && Find(after, live: false) is var (segment, from) && after < Last)
        {
            if (from > after)
                events.Add(Skip(after, from));
            after = from;
            foreach (var entry in segment.Log.Read(after - segment.First + 1, 2048, MostPageBytes - bytes))
            {
                bytes += entry.Payload.Length;
                Join(events, segment.First - 1 + entry.Sequence, entry.Payload);
                if (events.Count > most)
                {
                    events.RemoveAt(most);
                    return events;
                }

                after = segment.First - 1 + entry.Sequence;
            }
        }

        return events;
    }

    /// <summary>Batches of events after a number, then of those that come. Who cannot keep up is skipped ahead, with an event that says so.</summary>
    /// <param name="after">Null: only those to come.</param>
    /// <param name="isHurried">Whether the reader is to get each byte at once; asked for each batch.</param>
    /// <param name="admit">Asked before a batch is read.</param>
    /// <exception cref="DomainException"><c>devices.after_invalid</c>.</exception>
    public IAsyncEnumerable<DeviceEvent[]> WatchAsync(long? after, Func<bool> isHurried, Admission? admit, CancellationToken cancellation)
    {
        if (after is { } number)
            Check(number);
        return Follow(after ?? Last, isHurried, admit, cancellation);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var segment in _segments)
                segment.Log.Dispose();
        }
    }

    private async IAsyncEnumerable<DeviceEvent[]> Follow(long after, Func<bool> isHurried, Admission? admit, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var (segment, from) = Find(after, live: true);
            if (from > after)
                yield return [Skip(after, from)];
            after = from;
            await using var batches = segment.Log.ReadAsync(after - segment.First + 1, cancellation, admit).GetAsyncEnumerator(cancellation);
            while (await NextAsync(batches))
            {
                var events = new List<DeviceEvent>();
                foreach (var entry in batches.Current)
                    Join(events, segment.First - 1 + entry.Sequence, entry.Payload);
                after = events[^1].Sequence;
                yield return [.. events];
                if (Find(after, live: true).From > after)
                    break;
                if (!isHurried())
                    await Task.Delay(Pause, _time, cancellation);
            }

            lock (_gate)
            {
                if (_segments[^1] == segment && segment.Log.IsCompleted is false)
                    yield break;
            }
        }
    }

    // The server stops: its readers have seen what there is.
    private static async Task<bool> NextAsync(IAsyncEnumerator<IReadOnlyList<LogEntry>> batches)
    {
        try
        {
            return await batches.MoveNextAsync();
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Adds an event, or bytes to the event of the same kind and person before it.</summary>
    private static void Join(List<DeviceEvent> events, long sequence, ReadOnlyMemory<byte> payload)
    {
        var record = DeviceRecord.Read(payload);
        var isBytes = record.Kind is RecordKind.Received or RecordKind.Sent;
        if (isBytes && events.Count > 0 && events[^1] is { Data: { } before } last && last.Kind == NameOf(record.Kind) && last.By == record.By && record.At - last.At < Together && before.Length + record.Data.Length <= MostJoined)
            events[^1] = last with { Sequence = sequence, Data = [.. before, .. record.Data.Span] };
        else
            events.Add(new(sequence, record.At, NameOf(record.Kind), record.By, isBytes ? record.Data.ToArray() : null, isBytes ? null : Encoding.UTF8.GetString(record.Data.Span)));
    }

    private DeviceEvent Skip(long after, long to) => new(
        to, _time.GetUtcNow(), NameOf(RecordKind.Skipped), null, null, string.Create(CultureInfo.InvariantCulture, $"{to - after} events are skipped; the log has what is kept of them."));

    private static string NameOf(RecordKind kind) => kind.ToString().ToLowerInvariant();

    // The segment in which a reader goes on, and after which number.
    private (Segment Segment, long From) Find(long after, bool live)
    {
        lock (_gate)
        {
            var index = _segments.FindLastIndex(segment => segment.First <= after + 1);
            // What was between two may be lost.
            if (index >= 0 && index < _segments.Count - 1 && after >= _segments[index].Last)
                index++;
            var segment = _segments[Math.Max(index, live ? Math.Max(_segments.Count - 2, 0) : 0)];
            return (segment, Math.Max(after, segment.First - 1));
        }
    }

    private void Check(long after)
    {
        if (Last is var last && (after < 0 || after > last))
            throw DeviceErrors.AfterInvalid(after, last);
    }

    private void Record(RecordKind kind, string? by, ReadOnlySpan<byte> data)
    {
        try
        {
            if (_segments[^1] is { Log.LastSequence: > 0 } last && last.FileBytes + LeastEntry + DeviceRecord.MostBy + data.Length > _segmentBytes)
                Rotate();
            if (_lost > 0)
            {
                Write(RecordKind.Skipped, null, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_lost} bytes could not be recorded: the disk was full or failed.")));
                _lost = 0;
            }

            Write(kind, by, data);
        }
        catch (Exception failure) when (failure is DomainException or IOException)
        {
            _lost += data.Length;
        }
    }

    private void Write(RecordKind kind, string? by, ReadOnlySpan<byte> data)
    {
        if (_entry.Length < data.Length + 512)
            _entry = new byte[data.Length + 512];
        var length = DeviceRecord.Write(_entry, kind, _time.GetUtcNow(), Encoding.UTF8.GetBytes(by ?? ""), data);
        _segments[^1].Log.Append(_entry.AsSpan(0, length));
    }

    private void Rotate()
    {
        var full = _segments[^1];
        Begin(full.Last + 1);
        full.Log.Complete();
        while (_segments.Count > Segments)
        {
            File.Delete(_segments[0].Path);
            _segments.RemoveAt(0);
        }
    }

    private void Begin(long first)
    {
        var path = Path.Combine(_folder, first.ToString($"D{Digits}", CultureInfo.InvariantCulture) + ".log");
        _segments.Add(new(first, path, EventLog.Create(path, new() { TailBytes = 1024 * 1024 })));
    }

    /// <returns>0: it is no file of this log.</returns>
    private static long NumberOf(string path) =>
        Path.GetFileNameWithoutExtension(path) is { Length: Digits } name && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : 0;

    /// <returns>Null: it is damaged, as a power cut may leave it.</returns>
    private static EventLog? Open(string path)
    {
        try
        {
            return EventLog.Open(path, new());
        }
        catch (DomainException)
        {
            return null;
        }
    }

    private sealed record Segment(long First, string Path, EventLog Log)
    {
        public long FileBytes => LogHeader.Bytes + Log.Bytes + (Log.LastSequence * LogRecord.HeaderBytes);

        public long Last => First - 1 + Log.LastSequence;
    }
}
