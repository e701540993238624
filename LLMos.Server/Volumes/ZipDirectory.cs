using System.IO.Compression;

namespace LLMos.Server.Volumes;

/// <summary>The entries of a hostile zip, checked before anything is unpacked.</summary>
internal static class ZipDirectory
{
    // Of an entry in the directory: its name, and what packers add.
    private const int MostEntryBytes = 512;

    // No stream packed by Deflate unpacks to more than 1,032 times its size: what says so has entries that share their bytes.
    private const int MostRatio = 1032, AnyBytes = 1024 * 1024;

    private const int ModeShift = 16, KindMask = 0xF000, RegularFile = 0x8000, Folder = 0x4000;

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.archive_invalid</c> or <c>volumes.archive_too_large</c>.</exception>
    public static ZipArchive Open(FileStream file, int mostEntries)
    {
        var bounded = new BoundedStream(file, (long)mostEntries * MostEntryBytes);
        try
        {
            var archive = new ZipArchive(bounded, ZipArchiveMode.Read);
            // Here the directory is read, all of it and however many entries it says it has.
            if (archive.Entries.Count > mostEntries)
                throw VolumeErrors.ArchiveTooLarge(FormattableString.Invariant($"it has more than {mostEntries:N0} entries"));
            bounded.IsUnbounded = true;
            if (archive.Entries.Sum(entry => (decimal)entry.Length) > ((decimal)file.Length * MostRatio) + AnyBytes)
                throw VolumeErrors.ArchiveInvalid("its entries overlap or lie about their sizes: it cannot unpack to as much as it says");
            return archive;
        }
        catch (InvalidDataException)
        {
            throw VolumeErrors.ArchiveInvalid("it is damaged or cut off, or no zip");
        }
    }

    /// <summary>Whether it is a link or a device: what the Unix packers say of it; others say nothing.</summary>
    public static bool IsSpecial(ZipArchiveEntry entry) => ((entry.ExternalAttributes >> ModeShift) & KindMask) is not (0 or RegularFile or Folder);

    /// <summary>Refuses to be read further than it may, so that the directory is never larger in memory than it is worth.</summary>
    private sealed class BoundedStream(FileStream file, long most) : Stream
    {
        private long _read;

        public bool IsUnbounded { get; set; }

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => file.Length;
        public override long Position { get => file.Position; set => file.Position = value; }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = file.Read(buffer);
            _read += count;
            return IsUnbounded || _read <= most ? count : throw VolumeErrors.ArchiveTooLarge(FormattableString.Invariant($"its directory has more than {most:N0} bytes"));
        }

        public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
