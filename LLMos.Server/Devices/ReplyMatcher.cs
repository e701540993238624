using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LLMos.Server.Devices;

/// <summary>Finds the reply to one command in what a board prints: boot logs, log records and events come between, also inside a line.</summary>
/// <param name="command">With the <c>id</c> that it was sent with.</param>
/// <param name="echoesIds">Whether the firmware is known to answer with the command's id: then no other reply is its own.</param>
internal sealed partial class ReplyMatcher(JsonObject command, bool echoesIds)
{
    private const int MostLine = 16 * 1024;

    private readonly List<byte> _line = [];

    public enum Finding
    {
        Nothing,
        Reply,

        /// <summary>The board has booted: nothing comes any more.</summary>
        Restarted,
    }

    /// <summary>The reply, once it was found.</summary>
    public JsonObject? Reply { get; private set; }

    /// <summary>Whether the reply had the command's id.</summary>
    public bool EchoedId { get; private set; }

    public Finding Take(ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes)
        {
            if (one != '\n')
            {
                // A line that has no end is no reply.
                if (_line.Count < MostLine)
                    _line.Add(one);
                continue;
            }

            var line = Encoding.UTF8.GetString([.. _line]);
            _line.Clear();
            if (BootBanner().IsMatch(line))
                return Finding.Restarted;
            if (Find(line) is { } reply)
            {
                Reply = reply;
                return Finding.Reply;
            }
        }

        return Finding.Nothing;
    }

    public static bool HasBooted(string printed) => printed.Split('\n').Any(line => BootBanner().IsMatch(line));

    private JsonObject? Find(string line)
    {
        line = LogRecord().Replace(Colours().Replace(line, ""), "");
        for (var start = line.IndexOf('{', StringComparison.Ordinal); start >= 0; start = line.IndexOf('{', start + 1))
        {
            if (Parse(line[start..]) is { } found && IsReply(found))
                return found;
        }

        return null;
    }

    private static JsonObject? Parse(string text)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { MaxDepth = 16, AllowMultipleValues = true });
            if (!reader.Read() || JsonNode.Parse(ref reader) is not JsonObject found)
                return null;
            // Read here, as it is only read when it is looked at; and nobody could be told of half of a surrogate pair.
            _ = (found.Count, found.ToJsonString());
            return found;
        }
        catch (Exception mistake) when (mistake is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    // The protocol has no word for which command a reply answers: the members must fit.
    private bool IsReply(JsonObject found)
    {
        if (!found.ContainsKey("status") || found.ContainsKey("event") || found.ContainsKey("type") || found.ContainsKey("action"))
            return false;
        EchoedId = found.TryGetPropertyValue("id", out var id) && JsonNode.DeepEquals(id, command["id"]);
        if (EchoedId)
            return true;
        if (echoesIds || found.ContainsKey("id"))
            return false;
        return !found.ContainsKey("pin") || JsonNode.DeepEquals(found["pin"], command["pin"]);
    }

    [GeneratedRegex(@"^(ets [A-Z][a-z]{2} |.{0,16}rst:0x[0-9a-f]+ |ESP-ROM:)", RegexOptions.NonBacktracking)]
    private static partial Regex BootBanner();

    [GeneratedRegex(@"[EWIDV] \(\d{1,12}\) [A-Za-z0-9_.:-]{1,32}: [^{\r]*", RegexOptions.NonBacktracking)]
    private static partial Regex LogRecord();

    [GeneratedRegex(@"\x1b\[[0-9;]{0,16}[A-Za-z]", RegexOptions.NonBacktracking)]
    private static partial Regex Colours();
}
