using System.Buffers.Binary;
using System.IO.Hashing;

namespace LLMos.Server.Foundation.Storage;

/// <summary>What stands before the pages of a segment, in a block of its own so that pages stay aligned.</summary>
/// <param name="Previous">The checksum of the segment before; of the first one, a random number.</param>
/// <param name="Pages">How many pages follow.</param>
/// <param name="EndsGroup">Whether the group of changes is complete with this segment.</param>
/// <param name="Group">Number of its group of changes: larger than those of all groups that were begun before, also in earlier rounds.</param>
/// <param name="After">Number of the last group that was acknowledged when this one was written.</param>
/// <remarks>
/// The chain of checksums decides what belongs together. The numbers decide what is missing: a whole segment whose
/// <paramref name="After"/> was not found shows that something acknowledged is damaged, and not a tail that was being written.
/// </remarks>
internal readonly record struct SegmentHeader(ulong Previous, int Pages, bool EndsGroup, long Group, long After)
{
    public const int Bytes = 4096;
    public const int PageBytes = 8192;
    public const int MaxPages = 512;
    private const int FormerHashedBytes = 24, HashedBytes = 40;

    private static ReadOnlySpan<byte> Magic => "LLMosSg2"u8;

    // Before groups had numbers.
    private static ReadOnlySpan<byte> FormerMagic => "LLMosSg1"u8;

    /// <summary>Writes the header before its pages into <paramref name="segment"/> and returns the segment's checksum.</summary>
    /// <param name="salt">The log's own random number, so that no content of a document can pass for a segment.</param>
    public ulong Seal(Span<byte> segment, long salt)
    {
        segment[..Bytes].Clear();
        Magic.CopyTo(segment);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[8..], Previous);
        BinaryPrimitives.WriteInt32LittleEndian(segment[16..], Pages);
        BinaryPrimitives.WriteInt32LittleEndian(segment[20..], EndsGroup ? 1 : 0);
        BinaryPrimitives.WriteInt64LittleEndian(segment[24..], Group);
        BinaryPrimitives.WriteInt64LittleEndian(segment[32..], After);
        var checksum = Checksum(segment, HashedBytes, salt);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[HashedBytes..], checksum);
        return checksum;
    }

    public static bool TryRead(ReadOnlySpan<byte> block, out SegmentHeader header)
    {
        header = default;
        var isFormer = block.StartsWith(FormerMagic);
        if (block.Length < Bytes || !(isFormer || block.StartsWith(Magic)))
            return false;

        header = new(
            BinaryPrimitives.ReadUInt64LittleEndian(block[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[20..]) == 1,
            isFormer ? 0 : BinaryPrimitives.ReadInt64LittleEndian(block[24..]),
            isFormer ? 0 : BinaryPrimitives.ReadInt64LittleEndian(block[32..]));
        return header.Pages is > 0 and <= MaxPages;
    }

    public static bool Verifies(ReadOnlySpan<byte> segment, long salt, out ulong checksum)
    {
        var hashed = segment.StartsWith(FormerMagic) ? FormerHashedBytes : HashedBytes;
        checksum = BinaryPrimitives.ReadUInt64LittleEndian(segment[hashed..]);
        return checksum == Checksum(segment, hashed, salt);
    }

    private static ulong Checksum(ReadOnlySpan<byte> segment, int hashed, long salt)
    {
        var hash = new XxHash3(salt);
        hash.Append(segment[..hashed]);
        hash.Append(segment[Bytes..]);
        return hash.GetCurrentHashAsUInt64();
    }
}
