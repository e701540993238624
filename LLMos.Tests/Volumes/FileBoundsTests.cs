using System.Net;
using System.Security.Cryptography;
using LLMos.Server.Accounts;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>Bodies and questions at the edge of what is taken, on a server with small limits.</summary>
public sealed class FileBoundsTests(FileBoundsTests.SmallServer shared) : IClassFixture<FileBoundsTests.SmallServer>
{
    private const int Megabyte = 1024 * 1024;

    private readonly LLMosServer _server = shared.Server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_without_a_length_is_taken_up_to_the_last_byte_and_not_beyond()
    {
        using var ada = await _server.SignInAsync("bounds-chunked");

        using var whole = await SendAsync(ada, HttpMethod.Put, "whole", new UnknownLength(RandomNumberGenerator.GetBytes(Megabyte)));
        Assert.Equal(Megabyte, (await whole.ReadAsync<Entry>()).Bytes);
        using var over = await SendAsync(ada, HttpMethod.Put, "over", new UnknownLength(RandomNumberGenerator.GetBytes(Megabyte + 1)));
        await over.RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "volumes.file_too_large");
        using var appended = await SendAsync(ada, HttpMethod.Post, "whole", new UnknownLength([1]));
        await appended.RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "volumes.file_too_large");
        Assert.Equal(["whole"], (await ada.ListAsync("user")).Entries.Select(entry => entry.Name));
    }

    [Fact]
    public async Task A_volume_is_full_at_its_last_byte_and_a_write_beyond_changes_nothing()
    {
        using var ada = await _server.SignInAsync("bounds-quota");
        using var first = await SendAsync(ada, HttpMethod.Put, "first", new ByteArrayContent(RandomNumberGenerator.GetBytes(Megabyte)));
        using var second = await SendAsync(ada, HttpMethod.Put, "second", new ByteArrayContent(RandomNumberGenerator.GetBytes(Megabyte - 1)));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, second.StatusCode));

        using var over = await SendAsync(ada, HttpMethod.Put, "third", new ByteArrayContent(new byte[2]));
        await over.RefusedAsync(HttpStatusCode.InsufficientStorage, "volumes.quota_exceeded");
        using var last = await SendAsync(ada, HttpMethod.Put, "third", new ByteArrayContent(new byte[1]));
        Assert.Equal(HttpStatusCode.Created, last.StatusCode);
        using var appended = await SendAsync(ada, HttpMethod.Post, "third", new ByteArrayContent(new byte[1]));
        await appended.RefusedAsync(HttpStatusCode.InsufficientStorage, "volumes.quota_exceeded");
        Assert.Equal(2 * Megabyte, (await ada.ListAsync("user")).Entries.Sum(entry => entry.Bytes));
    }

    [Theory]
    [InlineData("PUT", 4L * 1024 * Megabyte, null, HttpStatusCode.RequestEntityTooLarge, "volumes.file_too_large")]
    [InlineData("POST", 4L * 1024 * Megabyte, null, HttpStatusCode.RequestEntityTooLarge, "volumes.file_too_large")]
    [InlineData("PUT", Megabyte, null, HttpStatusCode.InsufficientStorage, "volumes.quota_exceeded")]
    [InlineData("POST", Megabyte, null, HttpStatusCode.InsufficientStorage, "volumes.quota_exceeded")]
    [InlineData("PUT", 10_000L, "\"1-1\"", HttpStatusCode.PreconditionFailed, "volumes.conflict")]
    [InlineData("POST", 10_000L, "\"1-1\"", HttpStatusCode.PreconditionFailed, "volumes.conflict")]
    public async Task What_can_be_known_before_the_body_is_refused_before_it_is_sent(string method, long length, string? ifMatch, HttpStatusCode status, string code)
    {
        using var ada = await _server.SignInAsync("bounds-early");
        await ada.WriteAsync("user/there", new string('x', Megabyte - 1));
        await ada.WriteAsync("user/more", new string('y', 2));
        var body = new NeverSent(length);
        using var request = new HttpRequestMessage(new(method), new Uri("/api/v1/volumes/user/files/new", UriKind.Relative)) { Content = body };
        request.Content.Headers.ContentType = new("application/octet-stream");
        request.Headers.ExpectContinue = true;
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);

        using var answer = await ada.SendAsync(request, Cancellation);

        await answer.RefusedAsync(status, code);
        Assert.False(body.WasAsked);
    }

    [Theory, InlineData("*, \"a-1\""), InlineData("*,*"), InlineData("*,"), InlineData(",*"), InlineData(""), InlineData(" "), InlineData("\"a-1\",x")]
    public async Task A_condition_that_says_nothing_clear_is_refused(string header)
    {
        using var ada = await _server.SignInAsync("bounds-tags");

        using var match = await ada.PutAsync("user/a", "x", ifMatch: header);
        await match.RefusedAsync(HttpStatusCode.BadRequest, "volumes.tag_malformed");
        using var noneMatch = await ada.PutAsync("user/a", "x", ifNoneMatch: header);
        await noneMatch.RefusedAsync(HttpStatusCode.BadRequest, "volumes.tag_malformed");
    }

    [Fact]
    public async Task A_download_is_asked_for_by_any_word_for_yes()
    {
        using var ada = await _server.SignInAsync("bounds-download");
        await ada.WriteAsync("user/a.txt", "x");

        foreach (var (query, isAttachment) in new[] { ("?download=1", true), ("?download=true", true), ("?download", true), ("?download=false", false), ("?download=0", false), ("", false) })
        {
            using var answer = await ada.SendAsync(HttpMethod.Get, $"files/user/a.txt{query}");
            Assert.Equal((query, HttpStatusCode.OK, isAttachment), (query, answer.StatusCode, answer.Content.Headers.ContentDisposition is not null));
        }
    }

    [Fact]
    public async Task Who_may_not_write_learns_nothing_of_the_bin_and_empties_nothing()
    {
        using var vera = await _server.SignInAsync("bounds-vera", Role.Viewer);

        using var emptied = await vera.SendAsync(HttpMethod.Delete, "bin/team");
        await emptied.RefusedAsync(HttpStatusCode.Forbidden, "volumes.read_only");
        using var back = await vera.PostAsync("team/bin/4711/restore", new UndeleteRequest());
        await back.RefusedAsync(HttpStatusCode.Forbidden, "volumes.read_only");
    }

    [Fact]
    public async Task The_bin_is_listed_page_by_page_the_latest_first_and_emptied_by_two_at_once()
    {
        using var ada = await _server.SignInAsync("bounds-bin");
        for (var number = 0; number < 30; number++)
        {
            await ada.WriteAsync($"user/{number}", "x");
            using var deleted = await ada.SendAsync(HttpMethod.Delete, $"files/user/{number}");
        }

        var first = await BinAsync(ada, "?limit=20");
        var rest = await BinAsync(ada, $"?limit=20&after={first.Next}");
        Assert.Equal((30, 20, 10), (first.Count, first.Entries.Count, rest.Entries.Count));
        Assert.Equal(Enumerable.Range(0, 30).Reverse().Select(number => $"user/{number}"), first.Entries.Concat(rest.Entries).Select(entry => entry.Path));
        Assert.Null(rest.Next);

        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => ada.SendAsync(HttpMethod.Delete, "bin/user")));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
        Assert.Empty((await BinAsync(ada, "")).Entries);
    }

    [Fact]
    public async Task A_file_that_is_written_all_the_time_can_be_read_all_the_time()
    {
        using var ada = await _server.SignInAsync("bounds-race");
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await ada.WriteAsync("user/busy", new string('0', 100_000));
        var reading = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                Assert.Equal(100_000, (await ada.ReadTextAsync("user/busy")).Length);
        })));

        for (var number = 1; number < 150; number++)
            await ada.WriteAsync("user/busy", new string((char)('0' + (number % 10)), 100_000));
        await done.CancelAsync();
        await reading;
    }

    [Fact]
    public async Task A_name_that_no_url_could_name_is_none_at_any_door()
    {
        using var ada = await _server.SignInAsync("bounds-escape");
        await ada.WriteAsync("user/a", "x");

        foreach (var name in new[] { "b%2Fc", "b%2fc" })
        {
            using var moved = await ada.PostAsync("move", new MoveRequest("user/a", $"user/{name}"));
            await moved.RefusedAsync(HttpStatusCode.BadRequest, "volumes.path_invalid");
        }

        using var percent = await ada.PostAsync("move", new MoveRequest("user/a", "user/100 %2 x%41"));
        Assert.Equal("user/100 %2 x%41", (await percent.ReadAsync<Entry>()).Path);
        Assert.Equal("x", await ada.ReadTextAsync("user/" + Uri.EscapeDataString("100 %2 x%41")));
    }

    [Fact]
    public async Task A_search_says_when_it_has_not_seen_all()
    {
        using var ada = await _server.SignInAsync("bounds-search");
        foreach (var name in new[] { "a", "b", "c" })
            await ada.WriteAsync($"user/{name}.txt", "needle");

        Assert.Equal((2, false), await SearchAsync("q=needle&in=content&limit=2"));
        Assert.Equal((3, true), await SearchAsync("q=needle&in=content&limit=3"));
        Assert.Equal((1, true), await SearchAsync("q=a.txt"));

        async Task<(int, bool)> SearchAsync(string query)
        {
            using var answer = await ada.GetAsync(new Uri($"/api/v1/volumes/user/search?{query}", UriKind.Relative), Cancellation);
            var result = await answer.ReadAsync<SearchResult>();
            return (result.Matches.Count, result.IsComplete);
        }
    }

    private static async Task<BinListing> BinAsync(HttpClient client, string query)
    {
        using var answer = await client.GetAsync(new Uri($"/api/v1/volumes/user/bin{query}", UriKind.Relative), Cancellation);
        return await answer.ReadAsync<BinListing>();
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string name, HttpContent content)
    {
        using var request = new HttpRequestMessage(method, new Uri($"/api/v1/volumes/user/files/{name}", UriKind.Relative)) { Content = content };
        content.Headers.ContentType = new("application/octet-stream");
        return await client.SendAsync(request, Cancellation);
    }

    public sealed class SmallServer : IAsyncDisposable
    {
        public LLMosServer Server { get; } = new ServerWithoutPrograms(("Volumes:FileMegabytes", "1"), ("Volumes:UserMegabytes", "2"), ("Volumes:FormerVersions", "0")).Listen();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    private sealed class UnknownLength(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes, 0, bytes.Length, Cancellation);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class NeverSent(long announced) : HttpContent
    {
        public bool WasAsked { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            WasAsked = true;
            throw new IOException("The body was asked for.");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = announced;
            return true;
        }
    }
}
