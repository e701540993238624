using System.Buffers.Binary;
using System.IO.Hashing;

namespace LLMos.Server.Foundation.Streams;

/// <summary>The first bytes of a log's file. A live log has only the magic; completion fills in the totals.</summary>
/// <remarks>
/// In place and not as a last record, for two reasons: opening a completed log costs one small read however long it is, and
/// a payload, which a sandboxed program may choose, can never pass for the mark.
/// </remarks>
internal static class LogHeader
{
    public const int Bytes = 40;

    private static ReadOnlySpan<byte> Magic => "LLMosLg1"u8;

    public static byte[] Live()
    {
        var header = new byte[Bytes];
        Magic.CopyTo(header);
        return header;
    }

    public static byte[] Completed(LogTotals totals)
    {
        var header = Live();
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), totals.Last);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), totals.Bytes);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), totals.End);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), XxHash3.HashToUInt64(header.AsSpan(0, 32)));
        return header;
    }

    /// <summary>Whether these bytes begin a log, be it one that a crash cut off inside its own header.</summary>
    public static bool Begins(ReadOnlySpan<byte> start) =>
        start[..Math.Min(start.Length, Magic.Length)].SequenceEqual(Magic[..Math.Min(start.Length, Magic.Length)]);

    public static bool IsCompleted(ReadOnlySpan<byte> header, out LogTotals totals)
    {
        totals = default;
        if (header.Length < Bytes || BinaryPrimitives.ReadUInt64LittleEndian(header[32..]) != XxHash3.HashToUInt64(header[..32]))
            return false;

        totals = new(
            BinaryPrimitives.ReadInt64LittleEndian(header[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[24..]));
        return true;
    }
}

/// <param name="Last">The last sequence number.</param>
/// <param name="Bytes">Payload bytes in all.</param>
/// <param name="End">The file offset after the last record.</param>
internal readonly record struct LogTotals(long Last, long Bytes, long End);
