using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LLMos.Server.Devices.Lines.Virtual;

/// <summary>What a virtual board does when it has booted: the JSON protocol, pins, and numbers to plot.</summary>
/// <param name="uptime">Milliseconds since it has booted.</param>
/// <param name="print">Takes text for the line.</param>
/// <param name="repeat">Called with how often <see cref="Measure"/> is to be called, or with null: no more.</param>
internal sealed class BoardApplication(string address, Func<double> uptime, Action<string> print, Action<(TimeSpan Every, int Times)?> repeat)
{
    // Pins of the chip: 0 to 39; 34 and above are inputs only.
    private const int Pins = 40, FirstInputOnly = 34, FirstAnalog = 32, MostLine = 16 * 1024, MostHertz = 20, MostSeconds = 600;

    private readonly List<byte> _typed = [];
    private readonly bool[] _levels = new bool[Pins];
    private readonly int[] _duties = new int[Pins];

    /// <summary>Why it wants to be restarted; null: it does not.</summary>
    public (string Reason, string Code)? Restart { get; private set; }

    public void Take(byte one)
    {
        if (one != '\n')
        {
            if (_typed.Count < MostLine)
                _typed.Add(one);
            return;
        }

        var line = Encoding.UTF8.GetString([.. _typed]).Trim();
        _typed.Clear();
        if (line.Length > 0)
            Answer(line);
    }

    /// <summary>Prints one line of numbers.</summary>
    public void Measure(int time) => print(string.Create(
        CultureInfo.InvariantCulture, $"temperature:{21 + (3 * Math.Sin(time / 8.0)):0.00} humidity:{45 + (5 * Math.Cos(time / 13.0)):0.0} light:{(time * 37) % 1024}\r\n"));

    private void Answer(string line)
    {
        string reply;
        JsonNode? id = null;
        repeat(null);
        try
        {
            var command = JsonNode.Parse(line) as JsonObject ?? throw new JsonException();
            // Half of a surrogate pair can be read, but not written: that is found out here, and in the reply.
            id = command["id"] is { } asked ? JsonNode.Parse(asked.ToJsonString()) : null;
            reply = Text(Do((string?)command["action"] ?? "", command), id);
        }
        catch (Exception mistake) when (mistake is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            reply = Text(Refuse("this is no command"), id);
        }

        print(reply + "\r\n");
    }

    private static string Text(JsonObject reply, JsonNode? id)
    {
        if (id is not null)
            reply["id"] = id.DeepClone();
        return reply.ToJsonString();
    }

    private JsonObject Do(string action, JsonObject command)
    {
        switch (action)
        {
            case "get_info":
                return Ok(new() { ["device"] = "ESP32 (virtual)", ["firmware"] = "llmos-virtual 1.0.0", ["mac"] = address, ["protocol"] = "1.0.0" });
            case "get_status":
                return Ok(new() { ["uptimeMilliseconds"] = (long)uptime(), ["freeHeap"] = 278_528 });
            case "set_gpio":
                if (Pin(command) is not { } output || output >= FirstInputOnly)
                    return Refuse("pin must be 0 to 33");
                _levels[output] = command["state"] is JsonValue state && (state.TryGetValue(out bool on) ? on : (int)state != 0);
                print(string.Create(CultureInfo.InvariantCulture, $"I ({uptime():0}) gpio: GPIO[{output}]| OutputEn: 1\r\n"));
                return Ok(new() { ["pin"] = output, ["state"] = _levels[output] ? 1 : 0 });
            case "read_gpio":
                return Pin(command) is { } input ? Ok(new() { ["pin"] = input, ["state"] = _levels[input] ? 1 : 0 }) : Refuse("pin must be 0 to 39");
            case "read_adc":
                return Pin(command) is { } analog and >= FirstAnalog ? Ok(new() { ["pin"] = analog, ["value"] = (1_000 + (analog * 17)) % 4096 }) : Refuse("pin must be 32 to 39");
            case "read_i2c":
                return Ok(new() { ["address"] = command["address"]?.DeepClone(), ["data"] = new JsonArray(0x58, 0x00) });
            case "set_pwm":
                if (Pin(command) is not { } wave || wave >= FirstInputOnly)
                    return Refuse("pin must be 0 to 33");
                _duties[wave] = (int?)command["duty"] ?? 0;
                return Ok(new() { ["pin"] = wave, ["duty"] = _duties[wave] });
            case "restart":
                Restart = ("SW_CPU_RESET", "0xc");
                return Ok(new() { ["msg"] = "restarting" });
            case "custom_panic":
                Restart = ("SW_CPU_RESET", "0xc");
                print("Guru Meditation Error: Core  0 panic'ed (StoreProhibited). Exception was unhandled.\r\n\r\nBacktrace: 0x400d1234:0x3ffb1f40 0x400d2345:0x3ffb1f60\r\n\r\nRebooting...\r\n");
                return Refuse("panic");
            case "custom_telemetry":
                var (hertz, seconds) = ((int?)command["hertz"] ?? 2, (int?)command["seconds"] ?? 10);
                if (hertz is < 1 or > MostHertz || seconds is < 1 or > MostSeconds)
                    return Refuse($"hertz must be 1 to {MostHertz}, seconds 1 to {MostSeconds}");
                repeat((TimeSpan.FromSeconds(1.0 / hertz), hertz * seconds));
                return Ok(new() { ["hertz"] = hertz, ["seconds"] = seconds });
            default:
                return Refuse($"unknown action '{action}'");
        }
    }

    private static int? Pin(JsonObject command) => (int?)command["pin"] is >= 0 and < Pins and var pin ? pin : null;

    private static JsonObject Ok(JsonObject reply)
    {
        reply.Insert(0, "status", "ok");
        return reply;
    }

    private static JsonObject Refuse(string why) => new() { ["status"] = "error", ["msg"] = why };
}
