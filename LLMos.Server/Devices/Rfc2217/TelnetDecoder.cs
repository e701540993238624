namespace LLMos.Server.Devices.Rfc2217;

/// <summary>What a telnet client sent: data, a wish about an option, or what it says of one.</summary>
/// <param name="Verb">0: data. <see cref="Telnet.Will"/> to <see cref="Telnet.Dont"/>, or <see cref="Telnet.Sub"/>.</param>
/// <param name="Option">Which option; of data 0.</param>
/// <param name="Bytes">Data, or the subnegotiation after the option's number; without escapes.</param>
internal readonly record struct TelnetItem(byte Verb, byte Option, byte[] Bytes);

/// <summary>Telnet's numbers that RFC 854, 856, 858 and 2217 give.</summary>
internal static class Telnet
{
    public const byte Iac = 255, Dont = 254, Do = 253, Wont = 252, Will = 251, Sub = 250, End = 240;
    public const byte Binary = 0, Echo = 1, SuppressGoAhead = 3, ComPort = 44;

    /// <summary>Bytes for the wire, each 0xFF doubled.</summary>
    public static byte[] Escape(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.Contains(Iac))
            return bytes.ToArray();
        var escaped = new List<byte>(bytes.Length + 16);
        foreach (var one in bytes)
        {
            escaped.Add(one);
            if (one == Iac)
                escaped.Add(Iac);
        }

        return [.. escaped];
    }
}

/// <summary>Splits what a telnet client sends, however the network has cut it, into items in their order.</summary>
internal sealed class TelnetDecoder
{
    // The longest that RFC 2217 has is a signature. What is longer is passed over, however long it goes on.
    private const int MostSub = 256;

    private readonly List<byte> _sub = [];
    private State _state;
    private byte _verb;

    private enum State
    {
        Data,
        Command,
        Option,
        Sub,
        SubCommand,
    }

    public List<TelnetItem> Take(ReadOnlySpan<byte> bytes)
    {
        var items = new List<TelnetItem>();
        var data = new List<byte>();
        foreach (var one in bytes)
        {
            if (Step(one, data) is not { } item)
                continue;
            Flush();
            items.Add(item);
        }

        Flush();
        return items;

        void Flush()
        {
            if (data.Count > 0)
                items.Add(new(0, 0, [.. data]));
            data.Clear();
        }
    }

    private TelnetItem? Step(byte one, List<byte> data)
    {
        switch (_state)
        {
            case State.Data when one == Telnet.Iac:
                _state = State.Command;
                return null;
            case State.Data:
                data.Add(one);
                return null;
            case State.Command when one == Telnet.Iac:
                _state = State.Data;
                data.Add(one);
                return null;
            case State.Command when one is >= Telnet.Will and <= Telnet.Dont:
                (_state, _verb) = (State.Option, one);
                return null;
            case State.Command:
                // Others, such as "are you there", have no part in a serial line.
                _state = one == Telnet.Sub ? State.Sub : State.Data;
                _sub.Clear();
                return null;
            case State.Option:
                _state = State.Data;
                return new(_verb, one, []);
            case State.Sub when one == Telnet.Iac:
                _state = State.SubCommand;
                return null;
            case State.SubCommand when one != Telnet.Iac:
                _state = State.Data;
                return one == Telnet.End && _sub.Count is > 0 and <= MostSub ? new(Telnet.Sub, _sub[0], [.. _sub[1..]]) : null;
            default:
                _state = State.Sub;
                if (_sub.Count <= MostSub)
                    _sub.Add(one);
                return null;
        }
    }
}
