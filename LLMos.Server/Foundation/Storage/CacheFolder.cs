using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Storage;

/// <summary>The folder of what can be made again. Programs learn its path, so it is apart from the data folder.</summary>
internal sealed class CacheFolder(IOptions<StorageOptions> options) : IDisposable
{
    private readonly Lock _gate = new();
    private string? _own;

    /// <summary>The folder, made when it is not there: one that is set, or one of this process's own, which goes with it.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public string Open()
    {
        try
        {
            lock (_gate)
            {
                var path = options.Value.CachePath ?? (_own ??= Directory.CreateTempSubdirectory("llmos-cache-").FullName);
                return Directory.CreateDirectory(Path.GetFullPath(path)).FullName;
            }
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException($"the cache folder cannot be made: {refused.Message}", refused);
        }
    }

    public void Dispose()
    {
        if (_own is not null && Directory.Exists(_own))
            Directory.Delete(_own, recursive: true);
    }
}
