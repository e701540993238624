using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MessagePack;
using MessagePack.Formatters;

namespace LLMos.Server.Runs;

/// <summary>Text that stays the UTF-8 bytes it arrived as: a JSON or MessagePack string on the wire, never a <c>string</c> here.</summary>
[JsonConverter(typeof(JsonForm))]
[MessagePackFormatter(typeof(MessagePackForm))]
public readonly record struct Utf8Text(ReadOnlyMemory<byte> Bytes)
{
    public override string ToString() => Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>How many bytes at the end begin a UTF-8 character that has not arrived whole.</summary>
    public static int IncompleteAtEnd(ReadOnlySpan<byte> text)
    {
        for (var back = 1; back <= Math.Min(3, text.Length); back++)
        {
            var first = text[^back];
            if ((first & 0xC0) == 0x80)
                continue;
            var needed = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
            return needed > back ? back : 0;
        }

        return 0;
    }

    private sealed class JsonForm : JsonConverter<Utf8Text>
    {
        public override Utf8Text Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(Encoding.UTF8.GetBytes(reader.GetString() ?? ""));

        public override void Write(Utf8JsonWriter writer, Utf8Text value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Bytes.Span);
    }

    // Public because MessagePack's resolver creates it by its name.
    public sealed class MessagePackForm : IMessagePackFormatter<Utf8Text>
    {
        public void Serialize(ref MessagePackWriter writer, Utf8Text value, MessagePackSerializerOptions options) =>
            writer.WriteString(value.Bytes.Span);

        public Utf8Text Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
            new(reader.ReadStringSequence()?.ToArray() ?? []);
    }
}
