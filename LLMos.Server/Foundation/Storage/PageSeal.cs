using System.Buffers.Binary;
using System.IO.Hashing;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The checksum in each page of the database file, in the bytes that LiteDB uses in its log only.</summary>
/// <remarks>LiteDB has none of its own, and believes whatever a page says. Of a page's number, too: pages in each other's places do not pass.</remarks>
internal static class PageSeal
{
    // A transaction's number in the log; all ones in the database file, which stands for a page of a time before seals.
    private const int SumAt = 14;
    private const uint None = uint.MaxValue;

    // The one byte of a page's head that LiteDB leaves alone; of page 0 it says that all pages are sealed.
    private const int AllSealedAt = 31;

    public static bool IsOfSealedDatabase(ReadOnlySpan<byte> firstPage) => firstPage[AllSealedAt] == 1;

    /// <summary>Seals a page as it goes to the file.</summary>
    /// <param name="all">Whether every page of the database is sealed.</param>
    public static void Put(Span<byte> page, long number, bool all)
    {
        if (number == 0)
            page[AllSealedAt] = all ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32LittleEndian(page[SumAt..], None);
        BinaryPrimitives.WriteUInt32LittleEndian(page[SumAt..], Sum(page, number));
    }

    /// <summary>Takes the seal off a page that comes from the file.</summary>
    /// <param name="required">Whether a page without a seal is damaged.</param>
    /// <returns>Whether it is the page that was written.</returns>
    public static bool Take(Span<byte> page, long number, bool required)
    {
        var told = BinaryPrimitives.ReadUInt32LittleEndian(page[SumAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(page[SumAt..], None);
        var isWhole = told == None ? !required && BinaryPrimitives.ReadUInt32LittleEndian(page) == number : told == Sum(page, number);
        if (number == 0)
            page[AllSealedAt] = 0;
        return isWhole;
    }

    private static uint Sum(ReadOnlySpan<byte> page, long number) =>
        (uint)XxHash3.HashToUInt64(page, number) is var sum && sum == None ? None - 1 : sum;
}
