using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

public sealed class WriteHeadersTests(VolumesServer shared) : IClassFixture<VolumesServer>
{
    private readonly LLMosServer _server = shared.Server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData("PUT"), InlineData("POST"), InlineData("DELETE"), InlineData("restore")]
    public async Task What_was_modified_since_is_not_written_over(string method)
    {
        using var ada = await _server.SignInAsync($"headers-{method}");
        await ada.WriteAsync("user/a.txt", "first");
        var now = (await ada.WriteAsync("user/a.txt", "second")).ModifiedAt!.Value;

        using var late = await WriteAsync(ada, method, "a.txt", ("If-Unmodified-Since", now.AddSeconds(-1).ToString("R", CultureInfo.InvariantCulture)));
        await late.RefusedAsync(HttpStatusCode.PreconditionFailed, "volumes.conflict");
        Assert.Equal("second", await ada.ReadTextAsync("user/a.txt"));

        // What the answer to a GET says, which knows seconds only.
        using var seen = await WriteAsync(ada, method, "a.txt", ("If-Unmodified-Since", now.ToString("R", CultureInfo.InvariantCulture)));
        Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2020-01-01T00:00:00Z, Wed, 01 Jan 2020 00:00:00 GMT")]
    public async Task A_date_that_is_none_is_ignored(string date)
    {
        using var ada = await _server.SignInAsync("headers-date");
        await ada.WriteAsync("user/a.txt", "first");

        using var written = await WriteAsync(ada, "PUT", "a.txt", ("If-Unmodified-Since", date));

        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
    }

    [Fact]
    public async Task A_date_counts_only_where_no_tag_is_given_and_something_is_there()
    {
        using var ada = await _server.SignInAsync("headers-both");
        const string LongAgo = "Sun, 06 Nov 1994 08:49:37 GMT";
        var tag = (await ada.WriteAsync("user/a.txt", "first")).Tag;

        using var tagged = await WriteAsync(ada, "PUT", "a.txt", ("If-Unmodified-Since", LongAgo), ("If-Match", $"\"{tag}\""));
        Assert.Equal(HttpStatusCode.OK, tagged.StatusCode);
        using var made = await WriteAsync(ada, "PUT", "new.txt", ("If-Unmodified-Since", LongAgo));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        using var old = await WriteAsync(ada, "PUT", "a.txt", ("If-Unmodified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"));
        await old.RefusedAsync(HttpStatusCode.PreconditionFailed, "volumes.conflict");
    }

    [Theory]
    [InlineData("PUT", "Content-Range", "bytes 2000-3892/3893", HttpStatusCode.BadRequest, "volumes.part_refused")]
    [InlineData("POST", "Content-Range", "bytes */10", HttpStatusCode.BadRequest, "volumes.part_refused")]
    [InlineData("import", "Content-Range", "items 0-1/2", HttpStatusCode.BadRequest, "volumes.part_refused")]
    [InlineData("PUT", "Content-Encoding", "gzip", HttpStatusCode.UnsupportedMediaType, "volumes.encoding_refused")]
    [InlineData("PUT", "Content-Encoding", "identity, BR", HttpStatusCode.UnsupportedMediaType, "volumes.encoding_refused")]
    [InlineData("POST", "Content-Encoding", "zstd", HttpStatusCode.UnsupportedMediaType, "volumes.encoding_refused")]
    [InlineData("import", "Content-Encoding", "deflate", HttpStatusCode.UnsupportedMediaType, "volumes.encoding_refused")]
    [InlineData("PUT", "Expect", "200-ok", HttpStatusCode.ExpectationFailed, "volumes.expectation_refused")]
    [InlineData("PUT", "If", "(<urn:uuid:1>)", HttpStatusCode.BadRequest, "volumes.condition_refused")]
    [InlineData("PUT", "If-Schedule-Tag-Match", "\"1\"", HttpStatusCode.BadRequest, "volumes.condition_refused")]
    [InlineData("import", "If-None-Match", "*", HttpStatusCode.BadRequest, "volumes.condition_refused")]
    [InlineData("folder", "If-Match", "*", HttpStatusCode.BadRequest, "volumes.condition_refused")]
    [InlineData("no folder", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", HttpStatusCode.BadRequest, "volumes.condition_refused")]
    [InlineData("move", "If-Match", "\"1-1\"", HttpStatusCode.BadRequest, "volumes.condition_refused")]
    [InlineData("copy", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", HttpStatusCode.BadRequest, "volumes.condition_refused")]
    [InlineData("bin", "If-Match", "*", HttpStatusCode.BadRequest, "volumes.condition_refused")]
    [InlineData("POST", "Repr-Digest", "sha-256=:AAAA:", HttpStatusCode.BadRequest, "volumes.digest_refused")]
    [InlineData("PUT", "Repr-Digest", "sha-256=:AAAA:", HttpStatusCode.BadRequest, "volumes.digest_refused")]
    [InlineData("PUT", "Content-Digest", "md5=:AAAA:", HttpStatusCode.BadRequest, "volumes.digest_refused")]
    [InlineData("PUT", "Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==", HttpStatusCode.BadRequest, "volumes.digest_refused")]
    [InlineData("PUT", "Digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", HttpStatusCode.BadRequest, "volumes.digest_mismatch")]
    public async Task What_is_not_honoured_is_refused_and_changes_nothing(string method, string header, string value, HttpStatusCode status, string code)
    {
        using var ada = await _server.SignInAsync("headers-refused");
        await ada.WriteAsync("user/a.txt", "first");
        await ada.WriteAsync("user/folder/b.txt", "second");

        using var answer = await WriteAsync(ada, method, "a.txt", (header, value));

        await answer.RefusedAsync(status, code);
        Assert.Equal("first", await ada.ReadTextAsync("user/a.txt"));
        Assert.Equal(["a.txt", "folder"], (await ada.ListAsync("user")).Entries.Select(entry => entry.Name));
    }

    [Theory]
    [InlineData("Content-Encoding", "identity")]
    [InlineData("Range", "bytes=0-1")]
    [InlineData("If-Range", "\"1-1\"")]
    [InlineData("If-Modified-Since", "Sun, 06 Nov 2094 08:49:37 GMT")]
    [InlineData("Repr-Digest", "sha-512=:AAAA:, sha-256=:TRUE:")]
    [InlineData("Content-Digest", "sha-256=:TRUE:")]
    [InlineData("Digest", "SHA-256=TRUE,MD5=AAAA")]
    public async Task What_a_write_ignores_by_the_standard_or_finds_true_lets_it_happen(string header, string value)
    {
        using var ada = await _server.SignInAsync("headers-taken");
        await ada.WriteAsync("user/a.txt", "first");

        using var answer = await WriteAsync(ada, "PUT", "a.txt", (header, value.Replace("TRUE", Convert.ToBase64String(SHA256.HashData("written"u8)), StringComparison.Ordinal)));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("written", await ada.ReadTextAsync("user/a.txt"));
    }

    [Fact]
    public async Task A_large_body_that_was_changed_on_its_way_is_not_kept()
    {
        using var ada = await _server.SignInAsync("headers-large");
        var body = RandomNumberGenerator.GetBytes(300_000);
        var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body))}:";
        body[200_000]++;

        using var answer = await SendAsync(ada, HttpMethod.Put, "user/files/large.bin", new ByteArrayContent(body) { Headers = { ContentType = new("application/octet-stream") } }, ("Repr-Digest", digest));

        await answer.RefusedAsync(HttpStatusCode.BadRequest, "volumes.digest_mismatch");
        Assert.Empty((await ada.ListAsync("user")).Entries);
    }

    [Fact]
    public async Task Reading_ignores_units_that_it_does_not_know()
    {
        using var ada = await _server.SignInAsync("headers-units");
        await ada.WriteAsync("user/a.txt", "whole");

        using var answer = await SendAsync(ada, HttpMethod.Get, "user/files/a.txt", body: null, ("Range", "items=0-1"));

        Assert.Equal((HttpStatusCode.OK, "whole"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation)));
    }

    private static Task<HttpResponseMessage> WriteAsync(HttpClient client, string method, string name, params (string, string)[] headers) => method switch
    {
        "PUT" => SendAsync(client, HttpMethod.Put, $"user/files/{name}", Body(), headers),
        "POST" => SendAsync(client, HttpMethod.Post, $"user/files/{name}", Body(), headers),
        "DELETE" => SendAsync(client, HttpMethod.Delete, $"user/files/{name}", body: null, headers),
        "restore" => SendAsync(client, HttpMethod.Post, "restore", JsonContent.Create(new RestoreVersionRequest($"user/{name}", 1)), headers),
        "import" => SendAsync(client, HttpMethod.Post, "user/import/zip", Body(), headers),
        "folder" => SendAsync(client, HttpMethod.Put, "user/folders/made", body: null, headers),
        "no folder" => SendAsync(client, HttpMethod.Delete, "user/folders/folder?recursive=true", body: null, headers),
        "bin" => SendAsync(client, HttpMethod.Delete, "user/bin", body: null, headers),
        _ => SendAsync(client, HttpMethod.Post, method, JsonContent.Create(new MoveRequest($"user/{name}", "user/elsewhere")), headers),
    };

    private static ByteArrayContent Body() => new("written"u8.ToArray()) { Headers = { ContentType = new("application/octet-stream") } };

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string route, HttpContent? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri($"/api/v1/volumes/{route}", UriKind.Relative)) { Content = body };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                Assert.True(body!.Headers.TryAddWithoutValidation(name, value));
        }

        return await client.SendAsync(request, Cancellation);
    }
}
