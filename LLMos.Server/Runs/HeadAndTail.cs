using System.Buffers;
using System.Globalization;
using System.Text;

namespace LLMos.Server.Runs;

/// <summary>Keeps the first and the last bytes of a stream and counts those between.</summary>
internal sealed class HeadAndTail(int bytesEach)
{
    private readonly ArrayBufferWriter<byte> _head = new(256);
    private byte[] _tail = [];
    private long _tailBytes;

    public long Bytes { get; private set; }

    public void Add(ReadOnlySpan<byte> text)
    {
        Bytes += text.Length;
        var toHead = Math.Min(bytesEach - _head.WrittenCount, text.Length);
        _head.Write(text[..toHead]);
        text = text[toHead..];
        if (text.IsEmpty)
            return;

        if (_tail.Length == 0)
            _tail = new byte[bytesEach];
        _tailBytes += text.Length;
        // A ring whose next place follows from how much has passed through it.
        var place = (int)((_tailBytes - text.Length) % bytesEach);
        if (text.Length > bytesEach)
        {
            place = (int)((_tailBytes - bytesEach) % bytesEach);
            text = text[^bytesEach..];
        }

        var first = Math.Min(text.Length, bytesEach - place);
        text[..first].CopyTo(_tail.AsSpan(place));
        text[first..].CopyTo(_tail);
    }

    public OutputText ToText()
    {
        var head = _head.WrittenSpan;
        if (_tailBytes <= bytesEach)
            return new(Encoding.UTF8.GetString([.. head, .. _tail.AsSpan(0, (int)_tailBytes)]), Bytes, 0);

        var place = (int)(_tailBytes % bytesEach);
        // Cut between characters on both sides.
        var kept = head[..CutBackward(head)];
        var tail = ((byte[])[.. _tail.AsSpan(place), .. _tail.AsSpan(0, place)]).AsSpan();
        tail = tail[CutForward(tail)..];
        var omitted = Bytes - kept.Length - tail.Length;
        var between = string.Create(CultureInfo.InvariantCulture, $"\n… {omitted:N0} bytes left out …\n");
        return new(Encoding.UTF8.GetString(kept) + between + Encoding.UTF8.GetString(tail), Bytes, omitted);
    }

    private static int CutBackward(ReadOnlySpan<byte> text)
    {
        var end = text.Length;
        while (end > 0 && end > text.Length - 4 && (text[end - 1] & 0xC0) == 0x80)
            end--;
        // The byte before is a character's first: whole characters only when it stands alone.
        return end > 0 && text[end - 1] >= 0xC0 ? end - 1 : text.Length;
    }

    private static int CutForward(ReadOnlySpan<byte> text)
    {
        var start = 0;
        while (start < Math.Min(4, text.Length) && (text[start] & 0xC0) == 0x80)
            start++;
        return start;
    }
}
