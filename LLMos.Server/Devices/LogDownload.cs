using System.Globalization;
using System.Text;
using System.Text.Json;
using LLMos.Server.Foundation.Texts;

namespace LLMos.Server.Devices;

/// <summary>A device's log as a file: text, hex, a terminal recording (asciinema, version 2) or events as lines of JSON.</summary>
internal static class LogDownload
{
    private const int BatchEvents = 500, BytesPerLine = 16;

    public static readonly Dictionary<string, (string Type, string Extension)> Formats = new(StringComparer.Ordinal)
    {
        ["text"] = ("text/plain; charset=utf-8", "log"),
        ["hex"] = ("text/plain; charset=utf-8", "hex"),
        ["cast"] = ("application/x-asciicast", "cast"),
        ["jsonl"] = ("application/jsonl", "jsonl"),
    };

    /// <summary>Writes what is kept after a number, up to what is the newest now.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>devices.after_invalid</c>.</exception>
    public static async Task WriteAsync(DeviceLog log, string title, string format, long after, Stream to, CancellationToken cancellation)
    {
        var last = log.Last;
        var write = Writer(format, title);
        await using var text = new StreamWriter(to, new UTF8Encoding(false), leaveOpen: true);
        while (after < last && log.Read(after, BatchEvents) is { Count: > 0 } events)
        {
            foreach (var happened in events)
                await write(text, happened);
            after = events[^1].Sequence;
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private static Func<StreamWriter, DeviceEvent, Task> Writer(string format, string title)
    {
        DateTimeOffset? begun = null;
        var (received, sent) = (new UTF8Encoding().GetDecoder(), new UTF8Encoding().GetDecoder());
        return format switch
        {
            "text" => TextAsync,
            "hex" => HexAsync,
            "cast" => CastAsync,
            _ => (to, happened) => to.WriteAsync(JsonSerializer.Serialize(happened, JsonSerializerOptions.Web) + "\n"),
        };

        // As it came: bytes that are no UTF-8 too.
        static async Task TextAsync(StreamWriter to, DeviceEvent happened)
        {
            if (happened.Kind != "received")
                return;
            await to.FlushAsync();
            await to.BaseStream.WriteAsync(happened.Data);
        }

        static async Task HexAsync(StreamWriter to, DeviceEvent happened)
        {
            var head = string.Create(CultureInfo.InvariantCulture, $"{happened.At.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ} {happened.Sequence,8}");
            if (happened.Data is null)
                await to.WriteAsync($"{head} # {happened.Kind}{By(happened)}: {OneLine(happened.Text)}\n");
            foreach (var line in (happened.Data ?? []).Chunk(BytesPerLine))
            {
                var hex = string.Join(' ', line.Select(one => one.ToString("x2", CultureInfo.InvariantCulture)));
                var letters = new string([.. line.Select(one => one is >= 0x20 and < 0x7F ? (char)one : '.')]);
                await to.WriteAsync($"{head} {(happened.Kind == "received" ? '<' : '>')} {hex,-47}  |{letters}|\n");
            }
        }

        async Task CastAsync(StreamWriter to, DeviceEvent happened)
        {
            if (begun is null)
            {
                begun = happened.At;
                await to.WriteAsync(JsonSerializer.Serialize(new { version = 2, width = 100, height = 30, timestamp = happened.At.ToUnixTimeSeconds(), title = OneLine(title) }) + "\n");
            }

            var (kind, said) = happened.Kind switch
            {
                "received" => ("o", Decode(received, happened.Data!)),
                "sent" => ("i", Decode(sent, happened.Data!)),
                _ => ("m", $"{happened.Kind}{By(happened)}: {OneLine(happened.Text)}"),
            };
            await to.WriteAsync(JsonSerializer.Serialize(new object[] { Math.Round((happened.At - begun.Value).TotalSeconds, 6), kind, said }) + "\n");
        }
    }

    private static string By(DeviceEvent happened) => happened.By is null ? "" : $" by {OneLine(happened.By)}";

    // People read such a file in a terminal.
    private static string OneLine(string? text) => VisibleText.Of((text ?? "").ReplaceLineEndings(" "));

    private static string Decode(Decoder decoder, byte[] bytes)
    {
        var letters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        return new(letters, 0, decoder.GetChars(bytes, letters, flush: false));
    }
}
