using System.IO.Compression;
using System.IO.Hashing;

namespace LLMos.Server.Volumes;

/// <summary>What an entry of a zip unpacks to, which must be what the zip's directory says: the length, and the checksum.</summary>
internal sealed class ZipEntryStream : Stream
{
    private readonly ZipArchiveEntry _entry;
    private readonly Stream _content;
    private readonly Crc32 _checksum = new();
    private long _read;

    /// <exception cref="InvalidDataException">There is no such entry where the directory says, or its method is not known.</exception>
    public ZipEntryStream(ZipArchiveEntry entry) => (_entry, _content) = (entry, entry.Open());

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="InvalidDataException">It is damaged, or the directory lies.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _content.ReadAsync(buffer, cancellationToken);
        _read += count;
        if (_read > _entry.Length)
            throw new InvalidDataException("It unpacks to more than the zip says.");

        _checksum.Append(buffer.Span[..count]);
        if (count == 0 && buffer.Length > 0 && (_read < _entry.Length || _checksum.GetCurrentHashAsUInt32() != _entry.Crc32))
            throw new InvalidDataException("It does not unpack to what the zip says.");
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _content.Dispose();
        base.Dispose(disposing);
    }
}
