using System.Buffers.Binary;
using System.Text;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Tests.Runs;

public sealed class OutputParserTests
{
    private static readonly byte[] Marker = Enumerable.Range(200, 16).Select(value => (byte)value).ToArray();

    [Fact]
    public void Text_and_frames_come_out_in_order_wherever_the_pieces_are_cut()
    {
        byte[] stream = [.. "a"u8, .. Frame("one"), .. "bc"u8, .. Marker[..7], .. "d"u8, .. Frame(""), .. Frame("two"), .. Marker[..15]];

        for (var first = 0; first <= stream.Length; first++)
        {
            for (var second = first; second <= stream.Length; second++)
            {
                var parsed = Parse(stream[..first], stream[first..second], stream[second..]);

                Assert.Equal($"a<one>bc{Latin(Marker[..7])}d<><two>{Latin(Marker[..15])}", parsed);
            }
        }
    }

    [Fact]
    public void A_frame_that_announces_too_much_is_a_breach_before_it_arrives()
    {
        byte[] head = [.. Marker, 0x7F, 0xFF, 0xFF, 0xFF];

        Assert.Throws<ProtocolException>(() => Parse(head));
        Assert.Throws<ProtocolException>(() => Parse([.. Enumerable.Range(0, head.Length).Select(at => head[at..(at + 1)])]));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"type":"forked"}""")]
    [InlineData("""{"type":"stderr"}""")]
    [InlineData("""{"type":"stderr","text":"a","run":"another"}""")]
    [InlineData("""{"type":"stderr","text":"a","text":"b"}""")]
    [InlineData("""{"type":"stderr","text":"\ud800"}""")]
    [InlineData("""{"type":"display","data":{}}""")]
    [InlineData("""{"type":"display","data":{"text/plain":null}}""")]
    [InlineData("""{"type":"display","data":{"text/plain":{"a":1}}}""")]
    [InlineData("""{"type":"progress","done":"1"}""")]
    [InlineData("""{"type":"progress","done":NaN}""")]
    [InlineData("""{"type":"ended","outcome":"refused"}""")]
    public void A_frame_of_another_form_is_a_breach(string json) =>
        Assert.Throws<ProtocolException>(() => WorkerFrame.Parse(Encoding.UTF8.GetBytes(json)));

    private static byte[] Frame(string payload)
    {
        var frame = new byte[Marker.Length + 4 + payload.Length];
        Marker.CopyTo(frame, 0);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(Marker.Length), (uint)payload.Length);
        Encoding.Latin1.GetBytes(payload, frame.AsSpan(Marker.Length + 4));
        return frame;
    }

    private static string Parse(params byte[][] pieces)
    {
        var parsed = new StringBuilder();
        var parser = new OutputParser(
            Marker, text => parsed.Append(Latin(text)), frame => parsed.Append('<').Append(Latin(frame)).Append('>'));
        foreach (var piece in pieces)
            parser.Feed(piece);
        parser.End();
        return parsed.ToString();
    }

    private static string Latin(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
