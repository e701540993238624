using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace LLMos.Server.Foundation.Storage;

/// <summary>Where a round of the change log begins: whatever has a group of this number or less is of an earlier one, and in the database file.</summary>
/// <param name="Base">The highest number that a group had before this round.</param>
/// <param name="Salt">The log's own random number.</param>
/// <remarks>Written in two places by turns, so that a power cut while one is written leaves the other.</remarks>
internal readonly record struct LogRound(long Base, long Salt)
{
    private const int Places = 2, HashedBytes = 24;

    /// <summary>Of all places together; the first segment follows.</summary>
    public const int Bytes = Places * SegmentHeader.Bytes;

    private static ReadOnlySpan<byte> Magic => "LLMosRd1"u8;

    /// <summary>The first round of a new log.</summary>
    public static LogRound New()
    {
        Span<byte> random = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(random);
        return new(0, BinaryPrimitives.ReadInt64LittleEndian(random));
    }

    /// <summary>The newest round that is told in <paramref name="places"/>.</summary>
    /// <param name="next">The place for the one that follows.</param>
    /// <returns>Null: neither place can be read.</returns>
    public static LogRound? Find(ReadOnlySpan<byte> places, out int next)
    {
        LogRound? newest = null;
        next = 0;
        for (var place = 0; place < Places; place++)
        {
            if (TryRead(places.Slice(place * SegmentHeader.Bytes, SegmentHeader.Bytes)) is not { } round || round.Base < newest?.Base)
                continue;
            (newest, next) = (round, 1 - place);
        }

        return newest;
    }

    public byte[] ToBlock()
    {
        var block = new byte[SegmentHeader.Bytes];
        Magic.CopyTo(block);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(8), Base);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(16), Salt);
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(HashedBytes), XxHash3.HashToUInt64(block.AsSpan(0, HashedBytes)));
        return block;
    }

    private static LogRound? TryRead(ReadOnlySpan<byte> block) =>
        block.StartsWith(Magic) && BinaryPrimitives.ReadUInt64LittleEndian(block[HashedBytes..]) == XxHash3.HashToUInt64(block[..HashedBytes])
            ? new(BinaryPrimitives.ReadInt64LittleEndian(block[8..]), BinaryPrimitives.ReadInt64LittleEndian(block[16..]))
            : null;
}
