using System.Buffers;
using System.Text;
using System.Text.Unicode;
using LLMos.Server.Foundation.Streams;
using MessagePack;

namespace LLMos.Server.Runs;

/// <summary>A run's numbered events: what is written here is what every reader sees, now and later.</summary>
internal sealed class RunOutput(EventLog log, DateTime createdAt, TimeProvider time, int recordedBytes)
{
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _encoded = new(1024);
    private readonly HeadAndTail _stdout = new(recordedBytes), _stderr = new(recordedBytes);
    private readonly List<long> _displays = [];
    private readonly RunFiles _files = new();
    private readonly DateTime _openedAt = time.GetUtcNow().UtcDateTime is var now && now > createdAt ? now : createdAt;
    private readonly long _opened = time.GetTimestamp();
    private long? _result;

    public EventLog Log => log;

    /// <summary>The run's own clock: what the server's said when the run was made, and on from there, however that is set meanwhile.</summary>
    public DateTime Now => _openedAt + time.GetElapsedTime(_opened);

    /// <summary>Bytes of text and data that the program sent.</summary>
    public long Bytes { get; private set; }

    /// <exception cref="Foundation.Errors.DomainException"><c>storage.full</c></exception>
    public void Append(RunEvent happened)
    {
        lock (_gate)
        {
            happened = happened with
            {
                Sequence = log.LastSequence + 1,
                AtMilliseconds = Math.Round((Now - createdAt).TotalMilliseconds, 2),
            };
            _encoded.ResetWrittenCount();
            MessagePackSerializer.Serialize(_encoded, happened);
            log.Append(_encoded.WrittenSpan);
            if (happened.Type == "display")
                _displays.Add(happened.Sequence);
            else if (happened.Type == "result")
                _result = happened.Sequence;
            if (happened.File is { } file)
                _files.Add(file);
            Bytes += happened.Data?.Sum(part => (long)part.Value.Length) ?? 0;
        }
    }

    public void AppendText(string stream, ReadOnlySpan<byte> text)
    {
        lock (_gate)
        {
            Append(new() { Type = stream, Text = new(ValidUtf8(text)) });
            (stream == "stdout" ? _stdout : _stderr).Add(text);
            Bytes += text.Length;
        }
    }

    public void Complete() => log.Complete();

    public (OutputText Stdout, OutputText Stderr, IReadOnlyList<long> Displays, long? Result) Record()
    {
        lock (_gate)
            return (_stdout.ToText(), _stderr.ToText(), [.. _displays], _result);
    }

    /// <summary>What the program changed in the volumes, and how many more changes there are.</summary>
    public (IReadOnlyList<ChangedFile> Files, int Omitted) Files()
    {
        lock (_gate)
            return _files.Record();
    }

    public static RunEvent Decode(LogEntry entry) => MessagePackSerializer.Deserialize<RunEvent>(entry.Payload);

    private static byte[] ValidUtf8(ReadOnlySpan<byte> text) =>
        Utf8.IsValid(text) ? text.ToArray() : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text));
}
