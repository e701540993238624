using System.Buffers;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>What a program sends, on its way to the run's events: standard output in few pieces of whole characters, and all of it counted.</summary>
/// <param name="exceeded">Called each time that more than <paramref name="limitBytes"/> have come.</param>
internal sealed class ProgramOutput(RunOutput output, long limitBytes, Action<LimitReached> exceeded)
{
    // What an event costs beside its text, so that a flood of empty ones reaches the limit too.
    private const int EventOverheadBytes = 64;

    private const int PieceBytes = 32_768;

    private readonly ArrayBufferWriter<byte> _text = new(2 * PieceBytes);
    private long _sentBytes;

    public LimitReached? Exceeded => _sentBytes > limitBytes ? new("outputBytes", limitBytes, _sentBytes) : null;

    /// <summary>Whether text waits for more of its line.</summary>
    public bool IsHolding => _text.WrittenCount > 0;

    /// <summary>Takes standard output, which goes on with a flush.</summary>
    public void Write(ReadOnlySpan<byte> text) => _text.Write(text);

    /// <summary>Flushes what is a line, or enough.</summary>
    public void FlushPiece()
    {
        if (_text.WrittenCount >= PieceBytes || (_text.WrittenCount > 0 && _text.WrittenSpan[^1] == '\n'))
            Flush(isLast: false);
    }

    /// <param name="isLast">Whether the rest of a character will not come.</param>
    public void Flush(bool isLast)
    {
        var text = _text.WrittenSpan;
        var whole = isLast ? text.Length : text.Length - Utf8Text.IncompleteAtEnd(text);
        if (whole == 0)
            return;

        Append("stdout", text[..whole]);
        var rest = text[whole..].ToArray();
        _text.ResetWrittenCount();
        _text.Write(rest);
    }

    /// <exception cref="Foundation.Errors.DomainException"><c>storage.full</c></exception>
    public void Append(string stream, ReadOnlySpan<byte> text)
    {
        var left = limitBytes - _sentBytes;
        if (left > 0)
            output.AppendText(stream, text.Length <= left ? text : text[..(int)left]);
        Count(text.Length);
    }

    /// <exception cref="Foundation.Errors.DomainException"><c>storage.full</c></exception>
    public void Append(RunEvent happened) => output.Append(happened);

    /// <summary>Counts an event, with what it carries.</summary>
    public void Count(int bytes)
    {
        _sentBytes += bytes + EventOverheadBytes;
        if (Exceeded is { } limit)
            exceeded(limit);
    }
}
