namespace LLMos.Server.Devices.Lines.Virtual;

/// <summary>Frames of the serial line internet protocol (RFC 1055), as the ROM loader of Espressif's chips uses them.</summary>
/// <param name="most">Bytes of a frame; a longer one is dropped whole.</param>
internal sealed class SlipFrames(int most)
{
    private const byte End = 0xC0, Escape = 0xDB, EscapedEnd = 0xDC, EscapedEscape = 0xDD;

    private readonly List<byte> _frame = [];
    private bool _isInside, _isEscaped, _isTooLong;

    public static byte[] Encode(ReadOnlySpan<byte> frame)
    {
        var encoded = new List<byte>(frame.Length + 16) { End };
        foreach (var one in frame)
        {
            switch (one)
            {
                case End:
                    encoded.AddRange([Escape, EscapedEnd]);
                    break;
                case Escape:
                    encoded.AddRange([Escape, EscapedEscape]);
                    break;
                default:
                    encoded.Add(one);
                    break;
            }
        }

        encoded.Add(End);
        return [.. encoded];
    }

    /// <summary>Takes the next byte.</summary>
    /// <returns>The frame that it ends; null: none.</returns>
    public byte[]? Take(byte one)
    {
        if (one == End)
        {
            var frame = _isInside && !_isTooLong && _frame.Count > 0 ? _frame.ToArray() : null;
            // The end of one may be the beginning of the next.
            (_isInside, _isEscaped, _isTooLong) = (true, false, false);
            _frame.Clear();
            return frame;
        }

        if (!_isInside)
            return null;
        if (one == Escape)
        {
            _isEscaped = true;
            return null;
        }

        if (_isEscaped)
            one = one == EscapedEnd ? End : one == EscapedEscape ? Escape : one;
        _isEscaped = false;
        _isTooLong |= _frame.Count >= most;
        if (!_isTooLong)
            _frame.Add(one);
        return null;
    }
}
