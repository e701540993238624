using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Tests.Runs.Fuzzing;

/// <summary>What came out of a pipe, in order: text as it is, frames between. Written by the parser, or by looking at the whole stream at once.</summary>
internal sealed class Transcript
{
    private readonly ArrayBufferWriter<byte> _written = new(4096);
    private bool _inText;

    /// <summary>Whether the stream broke the wire's rules, so that nothing after it counts.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether a frame was begun and not ended.</summary>
    public bool IsCutOff { get; private set; }

    public ReadOnlySpan<byte> Written => _written.WrittenSpan;

    public void Clear()
    {
        _written.ResetWrittenCount();
        (_inText, IsBroken, IsCutOff) = (false, false, false);
    }

    public void Text(ReadOnlySpan<byte> text)
    {
        if (!_inText)
            _written.Write("\nT"u8);
        _inText = true;
        _written.Write(text);
    }

    public void Frame(ReadOnlySpan<byte> frame)
    {
        _inText = false;
        var length = frame.Length;
        _written.Write("\nF"u8);
        _written.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(ref length)));
        _written.Write(frame);
    }

    public void Break() => IsBroken = true;

    /// <summary>The plainest reading of PROTOCOL.md section 3: all bytes are there, one rule after the other.</summary>
    /// <param name="onFrame">Throws <see cref="ProtocolException"/> for one that breaks them.</param>
    public void ReadWhole(ReadOnlySpan<byte> stream, byte[] marker, OutputParser.Handler onFrame, OutputParser.Handler? onText = null)
    {
        for (var place = 0; place < stream.Length;)
        {
            var found = Find(stream, marker, place);
            if (found > place)
            {
                Text(stream[place..found]);
                onText?.Invoke(stream[place..found]);
            }

            if (found == stream.Length)
                return;
            var start = found + marker.Length + 4;
            IsCutOff = start > stream.Length;
            if (IsCutOff)
                return;
            var length = BinaryPrimitives.ReadUInt32BigEndian(stream[(start - 4)..]);
            IsBroken = length > OutputParser.MaxFrameBytes;
            IsCutOff = !IsBroken && start + length > stream.Length;
            if (IsBroken || IsCutOff)
                return;
            place = start + (int)length;
            Frame(stream[start..place]);
            try
            {
                onFrame(stream[start..place]);
            }
            catch (ProtocolException)
            {
                IsBroken = true;
                return;
            }
        }
    }

    private static int Find(ReadOnlySpan<byte> stream, byte[] marker, int from)
    {
        for (var place = from; place + marker.Length <= stream.Length; place++)
        {
            var same = 0;
            while (same < marker.Length && stream[place + same] == marker[same])
                same++;
            if (same == marker.Length)
                return place;
        }

        return stream.Length;
    }
}
