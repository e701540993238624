using System.Security.Cryptography;

namespace LLMos.Server.Volumes;

/// <summary>A content on its way into a volume. Large ones are on the disk already, and stay there as long as this lives.</summary>
internal sealed class StagedContent(ContentHash hash, long length, ReadOnlyMemory<byte>? bytes, Action? release) : IDisposable
{
    private Action? _release = release;

    public ContentHash Hash => hash;

    public long Length => length;

    /// <summary>Of a small content; null: it is in a file.</summary>
    public ReadOnlyMemory<byte>? Bytes => bytes;

    public static StagedContent Inline(ReadOnlyMemory<byte> bytes) =>
        new(ContentHash.Read(SHA256.HashData(bytes.Span)), bytes.Length, bytes, release: null);

    /// <summary>A small content that the volumes have already, without its bytes.</summary>
    public static StagedContent Held(StagedContent content) => new(content.Hash, content.Length, bytes: null, release: null);

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
