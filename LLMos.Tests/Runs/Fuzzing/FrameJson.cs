using System.Text;

namespace LLMos.Tests.Runs.Fuzzing;

/// <summary>The JSON of frames: as a worker writes it, and with one thing or several wrong.</summary>
internal static class FrameJson
{
    private static readonly (string Type, (string Name, string[] Values)[] Members)[] Grammar =
    [
        ("stderr", [("text", ["\"oh\"", "\"\"", "\"é\\n\"", "\"\\u0000\"", "\"\\ud83d\\ude00\""])]),
        ("display", [("data", ["{\"text/plain\":\"1\"}", "{\"image/png\":\"aGk=\",\"text/plain\":\"Figure\"}", "{\"\":\"\"}"])]),
        ("result", [("data", ["{\"text/plain\":\"[1, 2]\"}"])]),
        ("progress", [("done", ["1", "0.5", "-0", "1e300"]), ("total", ["2", "1e-300"]), ("label", ["\"half\"", "\"\""])]),
        ("error", [("name", ["\"ValueError\""]), ("message", ["\"odd\"", "\"\""]), ("line", ["1", "2147483647"]), ("column", ["1"]), ("traceback", ["\"Traceback\\n\""]), ("hint", ["\"Do that instead.\""])]),
        ("variables", [("variables", ["[]", "[{\"name\":\"x\",\"type\":\"int\",\"repr\":\"1\",\"bytes\":28}]", "[{\"name\":\"a\",\"type\":\"ndarray\",\"repr\":\"\",\"shape\":[2,3]}]"]), ("omitted", ["0"])]),
        ("begun", []),
        ("buffering", []),
        ("ended", [("outcome", ["\"succeeded\"", "\"failed\"", "\"memory\"", "\"interrupted\""])]),
    ];

    // What the table does not have: of other connections, of the other direction, of other products, and the first frame once more.
    private static readonly string[] OtherTypes =
        ["ready", "run", "fork", "forked", "exited", "hello", "reply", "refused", "interrupt", "stdout", "started", "limit", "END", "Stderr", "", "\\u0065nded"];

    private static readonly string[] OtherNames = ["run", "id", "runId", "worker", "marker", "sequence", "Text", "data", "layers", "type", "outcome", "", "\\u0074ext", "__proto__"];

    private static readonly byte[][] OtherValues =
    [
        .. new[]
        {
            "null", "true", "1", "-1", "1.5", "2147483648", "1e999", "-1e999", "1e-999", "NaN", "Infinity", "0x10", "01", "1.", "+1", "\"1\"", "\"NaN\"",
            "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\x\"", "\"\\u12\"", "\"unended", "\"a\nb\"", "[]", "{}", "[1]", "{\"a\":1}", "{\"a\":null}", "{\"a\":\"b\",\"a\":\"c\"}",
            "{\"a\":{\"b\":\"c\"}}", "/* a */1", "// a\n1", "", ",", "{\"\\ud800\":\"a\"}", "{\"a\":\"b\",}", new string('9', 400), "0." + new string('9', 400),
            $"\"{new string('l', 200)}\"", $"\"{new string('l', 201)}\"", Nested(29), Nested(30), Nested(31), Nested(32), Nested(1000), Types(32), Types(33),
        }.Select(Encoding.UTF8.GetBytes),
        [(byte)'"', 0xC3, 0x28, (byte)'"'], [(byte)'"', 0xED, 0xA0, 0x80, (byte)'"'], [(byte)'"', .. FrameInput.Marker, (byte)'"'], [(byte)'"', 0xF4, 0x90, 0x80, 0x80, (byte)'"'],
    ];

    // Rare, because they are long.
    private static readonly byte[][] LongValues =
        [.. new[] { $"\"{new string('m', 65_536)}\"", $"\"{new string('m', 65_537)}\"", new string('9', 50_000), Nested(20_000), Types(3000) }.Select(Encoding.UTF8.GetBytes)];

    private static readonly byte[][] Beginnings = [[0xEF, 0xBB, 0xBF], "["u8.ToArray(), " \n"u8.ToArray(), [0]];
    private static readonly byte[][] Endings = [" "u8.ToArray(), "}"u8.ToArray(), "{}"u8.ToArray(), [0]];

    private static readonly byte[][] TypeMembers = [.. Grammar.Select(rule => Encoding.UTF8.GetBytes($"\"type\":\"{rule.Type}\""))];

    private static readonly (byte[] Name, byte[][] Values)[][] Members =
        [.. Grammar.Select(rule => rule.Members.Select(member => (Name(member.Name), member.Values.Select(Encoding.UTF8.GetBytes).ToArray())).ToArray())];

    private static readonly byte[][] OtherTypeMembers = [.. OtherTypes.Select(type => Encoding.UTF8.GetBytes($"\"type\":\"{type}\""))];
    private static readonly byte[][] OtherMemberNames = [.. OtherNames.Select(Name)];

    public static void WriteValid(Random random, List<byte> json) => Write(random, json, mistakes: 0);

    public static void WriteMutated(Random random, List<byte> json)
    {
        Write(random, json, mistakes: random.Next(1, 3));
        switch (random.Next(16))
        {
            case 0:
                json.RemoveAt(random.Next(json.Count));
                break;
            case 1:
                json[random.Next(json.Count)] = (byte)random.Next(256);
                break;
            case 2:
                json.RemoveRange(json.Count / 2, random.Next(json.Count / 2));
                break;
            case 3:
                json.AddRange(Endings[random.Next(Endings.Length)]);
                break;
            case 4:
                json.InsertRange(0, Beginnings[random.Next(Beginnings.Length)]);
                break;
        }
    }

    private static void Write(Random random, List<byte> json, int mistakes)
    {
        var rule = random.Next(Members.Length);
        var (wrongType, wrongValue, more, less, twice) = (false, false, false, false, false);
        for (var mistake = 0; mistake < mistakes; mistake++)
        {
            switch (random.Next(5))
            {
                case 0: wrongType = true; break;
                case 1: wrongValue = true; break;
                case 2: more = true; break;
                case 3: less = true; break;
                default: twice = true; break;
            }
        }

        json.Add((byte)'{');
        json.AddRange(wrongType ? OtherTypeMembers[random.Next(OtherTypeMembers.Length)] : TypeMembers[rule]);
        var members = Members[rule];
        var odd = random.Next(Math.Max(members.Length, 1));
        for (var number = 0; number < members.Length; number++)
        {
            if (less && number == odd)
                continue;
            var (name, values) = members[number];
            var value = wrongValue && number == odd ? Other(random) : values[random.Next(values.Length)];
            for (var time = twice && number == odd ? 2 : 1; time > 0; time--)
                Add(json, name, value);
        }

        if (more)
            Add(json, OtherMemberNames[random.Next(OtherMemberNames.Length)], Other(random));
        json.Add((byte)'}');
    }

    private static byte[] Other(Random random) =>
        random.Next(2000) == 0 ? LongValues[random.Next(LongValues.Length)] : OtherValues[random.Next(OtherValues.Length)];

    private static void Add(List<byte> json, byte[] name, byte[] value)
    {
        json.Add((byte)',');
        json.AddRange(name);
        json.AddRange(value);
    }

    private static byte[] Name(string name) => Encoding.UTF8.GetBytes($"\"{name}\":");

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static string Types(int count) => $"{{{string.Join(',', Enumerable.Range(0, count).Select(number => $"\"a/{number}\":\"x\""))}}}";
}
