using System.Buffers.Binary;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>A worker broke the wire's rules; its run ends as crashed.</summary>
internal sealed class ProtocolException(string message) : Exception(message);

/// <summary>Takes a worker's output pipe apart: standard output, and frames where the marker stands (PROTOCOL.md section 3).</summary>
/// <remarks>Memory is bounded by one frame. Whatever is fed, text comes out in order and whole, less the frames.</remarks>
internal sealed class OutputParser(byte[] marker, OutputParser.Handler onText, OutputParser.Handler onFrame)
{
    public const int MaxFrameBytes = 16 * 1024 * 1024;
    private const int LengthBytes = 4, LargestKept = 1024 * 1024;

    // Since the last complete piece: a beginning of a marker, or a frame that has not arrived whole.
    private byte[] _held = new byte[256];
    private int _heldCount;

    public delegate void Handler(ReadOnlySpan<byte> bytes);

    /// <exception cref="ProtocolException">A frame announces more than <see cref="MaxFrameBytes"/>.</exception>
    public void Feed(ReadOnlySpan<byte> data)
    {
        if (Missing() is > 0 and var missing)
        {
            var part = data[..Math.Min(missing, data.Length)];
            Hold(part, _heldCount + missing);
            if (part.Length < missing)
                return;
            data = data[part.Length..];
            Consume(_held.AsSpan(0, _heldCount));
            _heldCount = 0;
            if (_held.Length > LargestKept)
                _held = new byte[256];
        }

        if (_heldCount == 0)
        {
            Hold(Consume(data));
            return;
        }

        Hold(data);
        var left = Consume(_held.AsSpan(0, _heldCount)).Length;
        _held.AsSpan(_heldCount - left, left).CopyTo(_held);
        _heldCount = left;
    }

    /// <summary>The pipe has ended: what looked like the beginning of a marker was text.</summary>
    public void End()
    {
        if (_heldCount > 0 && _heldCount < marker.Length)
            onText(_held.AsSpan(0, _heldCount));
        _heldCount = 0;
    }

    /// <summary>How many bytes the frame lacks whose length has been read; 0 without one.</summary>
    private int Missing()
    {
        var head = marker.Length + LengthBytes;
        return _heldCount < head || !_held.AsSpan().StartsWith(marker) ? 0 : head + LengthOf(_held) - _heldCount;
    }

    /// <summary>Hands over all complete pieces and returns the rest.</summary>
    private ReadOnlySpan<byte> Consume(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var start = data.IndexOf(marker);
            if (start < 0)
            {
                var doubtful = BeginningOfMarkerAtEnd(data);
                Text(data[..^doubtful]);
                return data[^doubtful..];
            }

            Text(data[..start]);
            data = data[start..];
            var head = marker.Length + LengthBytes;
            if (data.Length < head || data.Length < head + LengthOf(data))
                return data;

            var end = head + LengthOf(data);
            onFrame(data[head..end]);
            data = data[end..];
        }

        return data;
    }

    private void Text(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
            onText(text);
    }

    private int LengthOf(ReadOnlySpan<byte> frame)
    {
        var length = BinaryPrimitives.ReadUInt32BigEndian(frame[marker.Length..]);
        return length <= MaxFrameBytes ? (int)length : throw new ProtocolException($"a frame of {length} bytes, over {MaxFrameBytes}");
    }

    private int BeginningOfMarkerAtEnd(ReadOnlySpan<byte> data)
    {
        for (var count = Math.Min(marker.Length - 1, data.Length); count > 0; count--)
        {
            if (data.EndsWith(marker.AsSpan(0, count)))
                return count;
        }

        return 0;
    }

    /// <param name="expected">Bytes to be held in the end, if that is known: memory is taken once.</param>
    private void Hold(ReadOnlySpan<byte> data, int expected = 0)
    {
        if (_heldCount + data.Length > _held.Length)
            Array.Resize(ref _held, Math.Max(expected, _heldCount + data.Length));
        data.CopyTo(_held.AsSpan(_heldCount));
        _heldCount += data.Length;
    }
}
