using Microsoft.Extensions.Caching.Memory;

namespace LLMos.Server.Volumes;

/// <summary>Small contents in memory, so that a reader does not wait for the writer at the database's gate.</summary>
internal sealed class ContentCache(long mostBytes) : IDisposable
{
    // What an entry costs beside its bytes, about.
    private const int Overhead = 256;

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = mostBytes, CompactionPercentage = 0.2 });

    // Not `? bytes : null`, which makes an empty one: null is an array, too.
    public ReadOnlyMemory<byte>? Find(ContentHash hash) => _cache.TryGetValue(hash, out ReadOnlyMemory<byte> bytes) ? bytes : default(ReadOnlyMemory<byte>?);

    public void Add(ContentHash hash, ReadOnlyMemory<byte> bytes)
    {
        // It may be one that is pinned.
        if (Find(hash) is null)
            _cache.Set(hash, bytes, new MemoryCacheEntryOptions { Size = bytes.Length + Overhead });
    }

    /// <summary>Adds what is always there and nowhere else.</summary>
    public void Pin(ContentHash hash, ReadOnlyMemory<byte> bytes) =>
        _cache.Set(hash, bytes, new MemoryCacheEntryOptions { Size = 0, Priority = CacheItemPriority.NeverRemove });

    public void Dispose() => _cache.Dispose();
}
