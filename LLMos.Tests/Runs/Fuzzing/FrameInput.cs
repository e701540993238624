using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LLMos.Tests.Runs.Fuzzing;

/// <summary>What a worker may put into its pipe after `ready`: text, frames, and what looks like one or the other. The same number is the same input.</summary>
internal sealed class FrameInput
{
    public static readonly byte[] Marker = [.. Enumerable.Range(200, 16).Select(value => (byte)value)];

    private static readonly byte[] AnothersMarker = [.. Enumerable.Range(100, 16).Select(value => (byte)value)];

    private static readonly byte[][] Texts = ["a"u8.ToArray(), "line\n"u8.ToArray(), "é😀"u8.ToArray(), "\0"u8.ToArray(), "{\"type\":\"ended\"}"u8.ToArray(), [.. Enumerable.Repeat((byte)'x', 300)]];

    private readonly List<byte> _bytes = new(512);
    private readonly List<byte> _json = new(512);
    private readonly Random _random;

    public FrameInput(int seed, int number)
    {
        Name = $"LLMOS_FUZZ_SEED={seed}, input {number}";
        _random = new(unchecked((seed * 486_187_739) + number));
        for (var segments = _random.Next(1, 7); segments > 0; segments--)
            AddSegment();
        if (_random.Next(10) == 0)
        {
            var cut = _random.Next(_bytes.Count + 1);
            _bytes.RemoveRange(cut, _bytes.Count - cut);
        }

        Cuts = MakeCuts();
    }

    public string Name { get; }

    public ReadOnlySpan<byte> Bytes => CollectionsMarshal.AsSpan(_bytes);

    /// <summary>Where the pieces end that it arrives in, in order.</summary>
    public IReadOnlyList<int> Cuts { get; }

    private void AddSegment()
    {
        switch (_random.Next(16))
        {
            case < 4:
                _bytes.AddRange(Texts[_random.Next(Texts.Length)]);
                break;
            case < 8:
                AddFrame(Marker, FrameJson.WriteValid, 0);
                break;
            case < 12:
                AddFrame(Marker, FrameJson.WriteMutated, 0);
                break;
            case 12:
                // A length that is not that of what follows.
                AddFrame(Marker, FrameJson.WriteValid, _random.Next(-8, 9));
                break;
            case 13:
                // Another run's marker, or almost the own one, is text.
                AddFrame(AnothersMarker, FrameJson.WriteValid, 0);
                break;
            case 14:
                AddPieceOfMarker();
                break;
            default:
                AddHead(_random.Next(8) == 0 ? (uint)_random.NextInt64(uint.MaxValue) : (uint)_random.Next(40));
                break;
        }
    }

    private void AddFrame(byte[] marker, Action<Random, List<byte>> write, int lie)
    {
        _json.Clear();
        write(_random, _json);
        AddHead((uint)Math.Max(0, _json.Count + lie), marker);
        _bytes.AddRange(CollectionsMarshal.AsSpan(_json));
    }

    private void AddHead(uint length, byte[]? marker = null)
    {
        Span<byte> head = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(head, length);
        _bytes.AddRange(marker ?? Marker);
        _bytes.AddRange(head);
    }

    private void AddPieceOfMarker()
    {
        var (from, to) = (_random.Next(Marker.Length), _random.Next(Marker.Length + 1));
        _bytes.AddRange(Marker.AsSpan(Math.Min(from, to), Math.Abs(from - to)));
        if (_random.Next(2) == 0)
            _bytes.AddRange(Marker.AsSpan(0, _random.Next(Marker.Length)));
    }

    private List<int> MakeCuts()
    {
        var cuts = new List<int>();
        switch (_random.Next(8))
        {
            case 0 when _bytes.Count < 300:
                cuts.AddRange(Enumerable.Range(1, _bytes.Count));
                break;
            case < 6:
                for (var count = _random.Next(1, 6); count > 0 && _bytes.Count > 0; count--)
                    cuts.Add(_random.Next(_bytes.Count));
                cuts.Sort();
                break;
        }

        cuts.Add(_bytes.Count);
        return cuts;
    }
}
