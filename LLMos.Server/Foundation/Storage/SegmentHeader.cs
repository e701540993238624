using System.Buffers.Binary;
using System.IO.Hashing;

namespace LLMos.Server.Foundation.Storage;

/// <summary>What stands before the pages of a segment, in a block of its own so that pages stay aligned.</summary>
/// <param name="Previous">The checksum of the segment before; of the first one, a random number.</param>
/// <param name="Pages">How many pages follow.</param>
/// <param name="EndsGroup">Whether the group of changes is complete with this segment.</param>
/// <remarks>
/// The chain decides what belongs together. The random start makes all that an earlier round left behind foreign, and so
/// does a rewritten segment to what once stood after it; counting numbers would not.
/// </remarks>
internal readonly record struct SegmentHeader(ulong Previous, int Pages, bool EndsGroup)
{
    public const int Bytes = 4096;
    public const int PageBytes = 8192;
    public const int MaxPages = 512;
    private const int HashedBytes = 24;

    private static ReadOnlySpan<byte> Magic => "LLMosSg1"u8;

    /// <summary>Writes the header before its pages into <paramref name="segment"/> and returns the segment's checksum.</summary>
    public ulong Seal(Span<byte> segment)
    {
        segment[..Bytes].Clear();
        Magic.CopyTo(segment);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[8..], Previous);
        BinaryPrimitives.WriteInt32LittleEndian(segment[16..], Pages);
        BinaryPrimitives.WriteInt32LittleEndian(segment[20..], EndsGroup ? 1 : 0);
        var checksum = Checksum(segment);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[HashedBytes..], checksum);
        return checksum;
    }

    public static bool TryRead(ReadOnlySpan<byte> block, out SegmentHeader header)
    {
        header = default;
        if (block.Length < Bytes || !block.StartsWith(Magic))
            return false;

        header = new(
            BinaryPrimitives.ReadUInt64LittleEndian(block[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[20..]) == 1);
        return header.Pages is > 0 and <= MaxPages;
    }

    public static bool Verifies(ReadOnlySpan<byte> segment, out ulong checksum)
    {
        checksum = BinaryPrimitives.ReadUInt64LittleEndian(segment[HashedBytes..]);
        return checksum == Checksum(segment);
    }

    private static ulong Checksum(ReadOnlySpan<byte> segment)
    {
        var hash = new XxHash3();
        hash.Append(segment[..HashedBytes]);
        hash.Append(segment[Bytes..]);
        return hash.GetCurrentHashAsUInt64();
    }
}
