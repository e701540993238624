using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace LLMos.Server.Volumes;

/// <summary>The names in a zip, which mostly does not say how they are written: read from its directory, as .NET tells neither their bytes nor what stands beside them.</summary>
/// <remarks>Source: PKWARE's APPNOTE, 4.3 (the directory), 4.4.4 (names in UTF-8), 4.6.9 (field 0x7075: the name in UTF-8 once more).</remarks>
internal static class ZipNames
{
    private const uint EndMark = 0x06054b50, LargeEndMark = 0x06064b50, LargeLocatorMark = 0x07064b50, EntryMark = 0x02014b50;
    private const int EndBytes = 22, LargeLocatorBytes = 20, EntryBytes = 46, MostComment = 65_535;
    private const int InUtf8 = 0x800, UnicodePath = 0x7075;
    private const byte MadeOnDos = 0;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly Encoding OfDos = Find("ibm437")!;

    /// <summary>The encoding of that name, such as <c>shift_jis</c>; null: there is none, or it is none of names (a <c>/</c> is one byte).</summary>
    public static Encoding? Find(string name)
    {
        try
        {
            var encoding = CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                ?? Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
            return encoding.GetBytes("/a") is [(byte)'/', (byte)'a'] ? encoding : null;
        }
        catch (Exception failure) when (failure is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <param name="count">How many entries there are.</param>
    /// <param name="encoding">Of names that say nothing of theirs; null: it is guessed, and asked for where that is no guess.</param>
    /// <returns>The entries' names in the directory's order; folders end with <c>/</c>.</returns>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.archive_invalid</c>, <c>volumes.archive_names_unknown</c>.</exception>
    public static IReadOnlyList<string> Read(FileStream file, int count, Encoding? encoding)
    {
        try
        {
            file.Position = DirectoryOf(file);
            // Not disposed: the file is its owner's.
            var directory = new BufferedStream(file);
            var names = new List<string>(count);
            while (names.Count < count)
                names.Add(ReadName(directory, encoding));
            return names;
        }
        catch (Exception failure) when (failure is EndOfStreamException or InvalidDataException or ArgumentOutOfRangeException)
        {
            throw VolumeErrors.ArchiveInvalid("its directory is damaged");
        }
    }

    private static long DirectoryOf(FileStream file)
    {
        var tail = new byte[(int)Math.Min(file.Length, EndBytes + MostComment + LargeLocatorBytes)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        var end = tail.AsSpan().LastIndexOf(BitConverter.GetBytes(EndMark));
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end + 16));
        if (end < LargeLocatorBytes || BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end - LargeLocatorBytes)) != LargeLocatorMark)
            return offset;

        file.Position = BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(end - LargeLocatorBytes + 8));
        Span<byte> large = stackalloc byte[56];
        file.ReadExactly(large);
        return BinaryPrimitives.ReadUInt32LittleEndian(large) == LargeEndMark ? BinaryPrimitives.ReadInt64LittleEndian(large[48..]) : offset;
    }

    private static string ReadName(Stream directory, Encoding? encoding)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        directory.ReadExactly(entry);
        if (BinaryPrimitives.ReadUInt32LittleEndian(entry) != EntryMark)
            throw new InvalidDataException();
        var name = new byte[BinaryPrimitives.ReadUInt16LittleEndian(entry[28..])];
        var extra = new byte[BinaryPrimitives.ReadUInt16LittleEndian(entry[30..])];
        directory.ReadExactly(name);
        directory.ReadExactly(extra);
        directory.ReadExactly(new byte[BinaryPrimitives.ReadUInt16LittleEndian(entry[32..])]);

        var text = (BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]) & InUtf8) != 0 ? Encoding.UTF8.GetString(name) : PathIn(extra, name) ?? Decode(name, encoding);
        // As unzip does: what Windows has packed without a single slash has its own between folders.
        return entry[5] == MadeOnDos && !text.Contains('/', StringComparison.Ordinal) ? text.Replace('\\', '/') : text;
    }

    /// <summary>What field 0x7075 has, if it is still that of this name.</summary>
    private static string? PathIn(ReadOnlySpan<byte> extra, ReadOnlySpan<byte> name)
    {
        const int Head = 4, Before = 5;
        while (extra.Length >= Head)
        {
            var length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - Head);
            var field = extra.Slice(Head, length);
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == UnicodePath && length > Before
                && BinaryPrimitives.ReadUInt32LittleEndian(field[1..]) == Crc32.HashToUInt32(name))
                return Encoding.UTF8.GetString(field[Before..]);
            extra = extra[(Head + length)..];
        }

        return null;
    }

    private static string Decode(byte[] name, Encoding? encoding)
    {
        try
        {
            return (encoding ?? Strict).GetString(name);
        }
        catch (DecoderFallbackException) when (encoding is not null)
        {
            throw VolumeErrors.ArchiveInvalid($"'{Encoding.Latin1.GetString(name)}' is not written in {encoding.WebName}");
        }
        catch (DecoderFallbackException)
        {
            // The standard's own. Anything but letters with accents says that it was written in another one.
            var text = OfDos.GetString(name);
            return IsPlausible(name) ? text : throw VolumeErrors.ArchiveNamesUnknown(text);
        }
    }

    // A backslash behind such a letter is mostly the second byte of one of another encoding.
    private static bool IsPlausible(byte[] name) => Array.TrueForAll(name, one => one is < 0x80 or <= 0x9A or (>= 0xA0 and <= 0xA5) or 0xE1)
        && name.Zip(name.Skip(1)).All(pair => pair is not ( >= 0x80, (byte)'\\'));
}
