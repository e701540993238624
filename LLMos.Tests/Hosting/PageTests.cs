using System.IO.Compression;
using System.Net;
using System.Text;

namespace LLMos.Tests.Hosting;

public sealed class PageTests : IDisposable
{
    private readonly TemporaryFolder _page = new();

    public PageTests()
    {
        foreach (var folder in new[] { "shell", "app" })
            Directory.CreateDirectory(_page[folder]);
        File.WriteAllText(_page["index.html"], "<!doctype html><title>LLMos</title>");
        File.WriteAllText(_page["shell/login-1A2B.js"], "'shell'");
        File.WriteAllText(_page["app/main-3C4D.js"], "'app'");
        File.WriteAllText(_page["secret.txt"], "not a part of the page");
        using var compressed = new BrotliStream(File.Create(_page["shell/login-1A2B.js.br"]), CompressionLevel.Optimal);
        compressed.Write(Encoding.ASCII.GetBytes("'shell'"));
    }

    public void Dispose() => _page.Dispose();

    [Fact]
    public async Task Strangers_get_the_shell_and_nothing_else()
    {
        await using var server = Server();
        using var stranger = server.Client();

        Assert.Contains("<title>LLMos", await stranger.GetStringAsync("/"), StringComparison.Ordinal);
        Assert.Equal("'shell'", await stranger.GetStringAsync("/shell/login-1A2B.js"));
        foreach (var path in new[] { "/app/main-3C4D.js", "/secret.txt", "/shell/../app/main-3C4D.js", "/shell/%2e%2e/app/main-3C4D.js", "/shell/nothing.js" })
            await (await stranger.GetAsync(path)).RefusedAsync(HttpStatusCode.Unauthorized, "accounts.sign_in_required");
    }

    [Fact]
    public async Task People_who_are_signed_in_get_the_rest_of_the_page()
    {
        await using var server = Server();
        using var person = await server.SignInAsync("eva");

        Assert.Equal("'app'", await person.GetStringAsync("/app/main-3C4D.js"));
        await (await person.GetAsync("/app/nothing.js")).RefusedAsync(HttpStatusCode.NotFound, "request.not_found");
        await (await person.GetAsync("/secret.txt")).RefusedAsync(HttpStatusCode.NotFound, "request.not_found");
    }

    [Fact]
    public async Task Hashed_files_are_cached_for_ever_and_the_index_never()
    {
        await using var server = Server();
        using var stranger = server.Client();

        using var script = await stranger.GetAsync("/shell/login-1A2B.js");
        using var index = await stranger.GetAsync("/");

        Assert.Equal(TimeSpan.FromDays(365), script.Headers.CacheControl?.MaxAge);
        Assert.Contains("immutable", script.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.True(index.Headers.CacheControl?.NoCache);
    }

    [Fact]
    public async Task Compressed_neighbour_is_sent_to_who_takes_it()
    {
        await using var server = Server();
        using var stranger = server.Client();
        stranger.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip, br");

        using var script = await stranger.GetAsync("/shell/login-1A2B.js");
        using var text = new StreamReader(new BrotliStream(await script.Content.ReadAsStreamAsync(), CompressionMode.Decompress));

        Assert.Equal("br", Assert.Single(script.Content.Headers.ContentEncoding));
        Assert.Equal("text/javascript", script.Content.Headers.ContentType?.MediaType);
        Assert.Equal("'shell'", await text.ReadToEndAsync());
    }

    [Fact]
    public async Task Server_without_its_page_serves_the_rest()
    {
        await using var server = new ServerWithoutPrograms(("webroot", _page["nowhere"]));

        Assert.Equal(HttpStatusCode.OK, (await server.Client().GetAsync("/api/v1/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client().GetAsync("/")).StatusCode);
    }

    private LLMosServer Server() => new(("webroot", _page.Path));
}
