using System.Security.Cryptography;
using LLMos.Server.Foundation.Storage;

namespace LLMos.Server.Volumes;

/// <summary>A content in the making: read and written at any offset, and seen by nobody until it is staged.</summary>
/// <param name="share">Asked before it grows, and disposed with it; null: nobody counts it.</param>
/// <remarks>Not safe for concurrent use. In memory while it is small.</remarks>
internal sealed class ContentDraft(ContentFiles files, DraftShare? share) : IDisposable
{
    private const int MostInMemory = 128 * 1024, BufferBytes = 128 * 1024;

    private Stream _stream = new MemoryStream();

    public long Length => _stream.Length;

    public int Read(long offset, Span<byte> buffer)
    {
        _stream.Position = offset;
        return _stream.Read(buffer);
    }

    /// <exception cref="Foundation.Errors.DomainException"><c>storage.full</c>, <c>volumes.quota_exceeded</c>, <c>volumes.drafts_exceeded</c>.</exception>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        share?.Resize(Math.Max(Length, offset + bytes.Length));
        try
        {
            Spill(offset + bytes.Length);
            _stream.Position = offset;
            _stream.Write(bytes);
        }
        catch (IOException failure) when (StorageErrors.IsFull(failure))
        {
            throw StorageErrors.Full();
        }
    }

    /// <summary>Adds all that <paramref name="body"/> has.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.file_too_large</c>, <c>storage.full</c>.</exception>
    public async Task AppendAsync(Stream body, long mostBytes, CancellationToken cancellation)
    {
        var buffer = new byte[BufferBytes];
        int count;
        while ((count = await body.ReadAsync(buffer, cancellation)) > 0)
        {
            if (Length + count > mostBytes)
                throw VolumeErrors.FileTooLarge(mostBytes);
            Write(Length, buffer.AsSpan(0, count));
        }
    }

    public Task AppendAsync(ContentDraft other, long mostBytes, CancellationToken cancellation)
    {
        other._stream.Position = 0;
        return AppendAsync(other._stream, mostBytes, cancellation);
    }

    /// <inheritdoc cref="Write"/>
    public void SetLength(long length)
    {
        share?.Resize(length);
        try
        {
            Spill(length);
            _stream.SetLength(length);
        }
        catch (IOException failure) when (StorageErrors.IsFull(failure))
        {
            throw StorageErrors.Full();
        }
    }

    /// <summary>Makes it durable if it is large. Once.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>storage.full</c>.</exception>
    public async Task<StagedContent> StageAsync(CancellationToken cancellation)
    {
        _stream.Position = 0;
        if (_stream is FileStream { Length: > ContentStore.MostInline } file)
            return await KeepAsync(file, cancellation);

        var bytes = new byte[_stream.Length];
        await _stream.ReadExactlyAsync(bytes, cancellation);
        return bytes.Length <= ContentStore.MostInline
            ? StagedContent.Inline(bytes)
            : await files.StageAsync(bytes, Stream.Null, long.MaxValue, cancellation);
    }

    private async Task<StagedContent> KeepAsync(FileStream file, CancellationToken cancellation)
    {
        try
        {
            return files.Keep(file, ContentHash.Read(await SHA256.HashDataAsync(file, cancellation)));
        }
        catch (IOException failure) when (StorageErrors.IsFull(failure))
        {
            throw StorageErrors.Full();
        }
    }

    public void Dispose()
    {
        if (_stream is FileStream file)
            File.Delete(file.Name);
        _stream.Dispose();
        share?.Dispose();
    }

    private void Spill(long length)
    {
        if (length <= MostInMemory || _stream is FileStream)
            return;

        var file = files.Create();
        _stream.Position = 0;
        _stream.CopyTo(file);
        _stream.Dispose();
        _stream = file;
    }
}
