using System.Buffers.Binary;
using System.Text;

namespace LLMos.Server.Devices;

/// <summary>What happened on a line. The numbers are in files.</summary>
internal enum RecordKind : byte
{
    /// <summary>Bytes from the board.</summary>
    Received = 1,

    /// <summary>Bytes to the board.</summary>
    Sent = 2,

    /// <summary>The device came, or went, and why.</summary>
    State = 3,

    /// <summary>A lease was taken, released, taken over, or has ended.</summary>
    Lease = 4,

    Settings = 5,
    Signals = 6,
    Reset = 7,

    /// <summary>Made for a reader: events that it does not get.</summary>
    Skipped = 8,

    /// <summary>It was given another name or tags.</summary>
    Named = 9,
}

/// <summary>An entry of a device's log.</summary>
/// <param name="By">Whose doing it was; null: the board's or the server's.</param>
/// <param name="Data">Bytes of the line, or a sentence in UTF-8.</param>
internal readonly record struct DeviceRecord(RecordKind Kind, DateTimeOffset At, string? By, ReadOnlyMemory<byte> Data)
{
    /// <summary>Of an entry without a name and data, and of a name.</summary>
    public const int LeastBytes = 10, MostBy = 255;

    /// <summary>In the file: kind (1), ticks (8), length of the name (1), the name, the data.</summary>
    public static int Write(Span<byte> to, RecordKind kind, DateTimeOffset at, ReadOnlySpan<byte> by, ReadOnlySpan<byte> data)
    {
        by = by[..Math.Min(by.Length, MostBy)];
        to[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(to[1..], at.UtcTicks);
        to[9] = (byte)by.Length;
        by.CopyTo(to[10..]);
        data.CopyTo(to[(10 + by.Length)..]);
        return LeastBytes + by.Length + data.Length;
    }

    public static DeviceRecord Read(ReadOnlyMemory<byte> entry)
    {
        var span = entry.Span;
        return new(
            (RecordKind)span[0], new(BinaryPrimitives.ReadInt64LittleEndian(span[1..]), TimeSpan.Zero),
            span[9] == 0 ? null : Encoding.UTF8.GetString(span.Slice(10, span[9])), entry[(10 + span[9])..]);
    }
}
