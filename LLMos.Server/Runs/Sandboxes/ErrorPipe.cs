namespace LLMos.Server.Runs.Sandboxes;

/// <summary>What C code writes to descriptor 2, of one program: nothing that the program before it in the same worker wrote too late.</summary>
/// <param name="follows">Whether a program ran in the worker before; its worker writes the marker then, behind all that is not this one's.</param>
internal sealed class ErrorPipe(Worker worker, bool follows, ErrorPipe.Handler onText)
{
    // Linux's, which no program can change.
    private const int PipeBytes = 65_536;

    private bool _isOwn = !follows;
    private byte[] _beginning = []; // of a marker, maybe

    public delegate void Handler(ReadOnlySpan<byte> text);

    public bool HasEnded { get; private set; }

    /// <summary>Reads what is there, at most the buffer's length.</summary>
    /// <returns>How many bytes.</returns>
    public int Read(Span<byte> buffer)
    {
        var count = Posix.Read(worker.Errors, buffer);
        HasEnded = count == 0;
        if (count > 0 && Own(buffer[..count.Value]) is { IsEmpty: false } text)
            onText(text);
        return count ?? 0;
    }

    /// <summary>Reads what a program wrote before its end: no more than a pipe holds, or one that goes on writing would be read for ever.</summary>
    public void ReadRest(Span<byte> buffer)
    {
        var left = PipeBytes;
        while (left > 0 && !HasEnded && Read(buffer[..Math.Min(left, buffer.Length)]) is > 0 and var count)
            left -= count;
    }

    private ReadOnlySpan<byte> Own(ReadOnlySpan<byte> read)
    {
        if (_isOwn)
            return read;
        byte[] seen = [.. _beginning, .. read];
        var at = seen.AsSpan().IndexOf(worker.Marker);
        _isOwn = at >= 0;
        _beginning = _isOwn ? [] : seen[^Math.Min(seen.Length, worker.Marker.Length - 1)..];
        return _isOwn ? seen.AsSpan(at + worker.Marker.Length) : [];
    }
}
