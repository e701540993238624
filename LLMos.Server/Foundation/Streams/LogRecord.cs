using System.Buffers.Binary;
using System.IO.Hashing;

namespace LLMos.Server.Foundation.Streams;

/// <summary>How an entry lies in the file: length (4), the low half of its XxHash3 (4), the payload.</summary>
internal static class LogRecord
{
    public const int HeaderBytes = 8;

    public static void WriteHeader(Span<byte> header, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Checksum(payload));
    }

    /// <summary>The payload's length as the header claims it: not yet believed.</summary>
    public static int ClaimedLength(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record);

    // No bytes have a checksum other than 0, so a stretch of zeros that a crash left behind is not a record.
    public static bool Verifies(ReadOnlySpan<byte> record) =>
        BinaryPrimitives.ReadUInt32LittleEndian(record[4..]) == Checksum(record[HeaderBytes..]);

    private static uint Checksum(ReadOnlySpan<byte> payload) => (uint)XxHash3.HashToUInt64(payload);
}
