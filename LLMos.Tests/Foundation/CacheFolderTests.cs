using LLMos.Server.Foundation.Storage;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Foundation;

public sealed class CacheFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Unless_one_is_set_it_is_apart_from_the_data_for_this_user_alone_and_goes_at_the_end()
    {
        string path;
        using (var cache = new CacheFolder(Options.Create(new StorageOptions { Path = _folder.Path })))
        {
            path = cache.Open();
            Assert.Equal(path, cache.Open());
            Assert.False(path.StartsWith(_folder.Path, StringComparison.Ordinal));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
            // Somebody tidies the temporary folder while the server runs.
            Directory.Delete(path);
            Assert.True(Directory.Exists(cache.Open()));
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void One_that_is_set_is_made_and_stays()
    {
        using (var cache = new CacheFolder(Options.Create(new StorageOptions { CachePath = _folder["a/b"] })))
            Assert.Equal(_folder["a/b"], cache.Open());

        Assert.True(Directory.Exists(_folder["a/b"]));
    }

    [Fact]
    public void One_that_cannot_be_made_says_so()
    {
        File.WriteAllText(_folder["file"], "");
        using var cache = new CacheFolder(Options.Create(new StorageOptions { CachePath = _folder["file/cache"] }));

        Assert.ThrowsAny<IOException>(cache.Open);
    }
}
