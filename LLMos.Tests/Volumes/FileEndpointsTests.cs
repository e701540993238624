using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

public sealed class FileEndpointsTests(VolumesServer shared) : IClassFixture<VolumesServer>
{
    private readonly LLMosServer _server = shared.Server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_made_with_its_folders_read_replaced_and_appended_to()
    {
        using var ada = await _server.SignInAsync("file-ada");

        using var made = await ada.PutAsync("user/notes/today.md", "one");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var entry = await made.ReadAsync<Entry>();
        Assert.Equal(("user/notes/today.md", "today.md", "file", 3L, 1, "text/markdown"), (entry.Path, entry.Name, entry.Type, entry.Bytes, entry.Version, entry.MediaType));
        Assert.Equal($"\"{entry.Tag}\"", made.Headers.ETag!.Tag);
        Assert.Equal(("file-ada", "person"), (entry.Author!.Name, entry.Author.Via));

        using var replaced = await ada.PutAsync("user/notes/today.md", "two");
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        using var appended = await ada.AppendAsync("user/notes/today.md", " three");
        Assert.Equal(3, (await appended.ReadAsync<Entry>()).Version);
        Assert.Equal("two three", await ada.ReadTextAsync("user/notes/today.md"));
        Assert.Equal("one", await ada.ReadTextAsync("user/notes/today.md", "?version=1"));
        using var appendedNew = await ada.AppendAsync("user/notes/new.txt", "first");
        Assert.Equal(HttpStatusCode.Created, appendedNew.StatusCode);
    }

    [Fact]
    public async Task An_answer_with_a_file_says_its_state_and_lets_it_do_nothing_in_a_browser()
    {
        using var ada = await _server.SignInAsync("file-safe");
        var entry = await ada.WriteAsync("user/evil.html", "<script>alert(1)</script>");

        using var answer = await ada.SendAsync(HttpMethod.Get, "files/user/evil.html");

        Assert.Equal("default-src 'none'; sandbox", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal(("text/plain", $"\"{entry.Tag}\""), (answer.Content.Headers.ContentType!.MediaType, answer.Headers.ETag!.Tag));
        using var download = await ada.SendAsync(HttpMethod.Get, "files/user/evil.html?download=true");
        Assert.Equal("attachment", download.Content.Headers.ContentDisposition!.DispositionType);
    }

    [Theory, InlineData(3_000), InlineData(300_000)]
    public async Task Parts_of_a_file_can_be_asked_for_and_what_is_known_is_not_sent_again(int bytes)
    {
        using var ada = await _server.SignInAsync("file-ranges");
        var content = RandomNumberGenerator.GetBytes(bytes);
        using var written = await ada.SendAsync(HttpMethod.Put, $"files/user/{bytes}.bin", content);
        var tag = written.Headers.ETag!;

        using var range = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/volumes/user/files/{bytes}.bin") { Headers = { Range = new(1000, 1999) } };
        using var part = await ada.SendAsync(range, Cancellation);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(content[1000..2000], await part.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal($"bytes 1000-1999/{bytes}", part.Content.Headers.ContentRange!.ToString());

        using var beyond = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/volumes/user/files/{bytes}.bin") { Headers = { Range = new(bytes, null) } };
        using var refused = await ada.SendAsync(beyond, Cancellation);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, refused.StatusCode);

        using var known = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/volumes/user/files/{bytes}.bin") { Headers = { IfNoneMatch = { tag } } };
        using var unchanged = await ada.SendAsync(known, Cancellation);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);

        using var head = await ada.SendAsync(HttpMethod.Head, $"files/user/{bytes}.bin");
        Assert.Equal(bytes, head.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task A_write_that_has_not_seen_the_newest_version_is_refused_with_both_named()
    {
        using var ada = await _server.SignInAsync("file-conflict");
        var first = await ada.WriteAsync("user/doc.txt", "one");
        var second = await ada.WriteAsync("user/doc.txt", "two");

        using var late = await ada.PutAsync("user/doc.txt", "three", ifMatch: $"\"{first.Tag}\"");
        await late.RefusedAsync(HttpStatusCode.PreconditionFailed, "volumes.conflict");
        var text = await late.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains(first.Tag!, text, StringComparison.Ordinal);
        Assert.Contains(second.Tag!, text, StringComparison.Ordinal);
        Assert.Equal("two", await ada.ReadTextAsync("user/doc.txt"));

        using var seen = await ada.PutAsync("user/doc.txt", "three", ifMatch: $"W/\"{first.Tag}\", \"{second.Tag}\"");
        Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
        using var weak = await ada.PutAsync("user/doc.txt", "four", ifMatch: $"W/\"{(await seen.ReadAsync<Entry>()).Tag}\"");
        Assert.Equal(HttpStatusCode.PreconditionFailed, weak.StatusCode);
        using var notNew = await ada.PutAsync("user/doc.txt", "four", ifNoneMatch: "*");
        Assert.Equal(HttpStatusCode.PreconditionFailed, notNew.StatusCode);
        using var missing = await ada.PutAsync("user/other.txt", "four", ifMatch: "*");
        Assert.Equal(HttpStatusCode.PreconditionFailed, missing.StatusCode);
        using var deletedLate = await ada.SendAsync(HttpMethod.Delete, "files/user/doc.txt", ifMatch: $"\"{first.Tag}\"");
        Assert.Equal(HttpStatusCode.PreconditionFailed, deletedLate.StatusCode);
    }

    [Theory, InlineData("nonsense"), InlineData("\"a-1"), InlineData("\"a-1\" \"a-2\"")]
    public async Task A_condition_that_cannot_be_read_is_refused(string header)
    {
        using var ada = await _server.SignInAsync("file-conflict");

        using var answer = await ada.PutAsync("user/any.txt", "text", ifMatch: header);

        await answer.RefusedAsync(HttpStatusCode.BadRequest, "volumes.tag_malformed");
    }

    [Fact]
    public async Task Every_version_stays_in_the_history_and_can_be_made_the_newest()
    {
        using var ada = await _server.SignInAsync("file-history");
        foreach (var text in new[] { "one", "two", "three" })
            await ada.WriteAsync("user/doc.txt", text);

        using var answer = await ada.SendAsync(HttpMethod.Get, "history/user/doc.txt");
        var history = await answer.ReadAsync<FileHistory>();
        Assert.Equal([(3, 5L, true), (2, 3L, false), (1, 3L, false)], history.Versions.Select(version => (version.Version, version.Bytes, version.IsCurrent)));

        using var restored = await ada.PostAsync("restore", new RestoreVersionRequest("user/doc.txt", 1));
        Assert.Equal(4, (await restored.ReadAsync<Entry>()).Version);
        Assert.Equal("one", await ada.ReadTextAsync("user/doc.txt"));
        using var none = await ada.PostAsync("restore", new RestoreVersionRequest("user/doc.txt", 9));
        await none.RefusedAsync(HttpStatusCode.NotFound, "volumes.version_not_found");
    }

    [Fact]
    public async Task A_deleted_file_lies_in_the_bin_until_it_is_brought_back_or_purged()
    {
        using var ada = await _server.SignInAsync("file-bin");
        await ada.WriteAsync("user/a/doc.txt", "text");

        using var deleted = await ada.SendAsync(HttpMethod.Delete, "files/user/a/doc.txt");
        var entry = await deleted.ReadAsync<BinnedEntry>();
        using var gone = await ada.SendAsync(HttpMethod.Get, "files/user/a/doc.txt");
        await gone.RefusedAsync(HttpStatusCode.NotFound, "volumes.not_found");
        using var listed = await ada.GetAsync("/api/v1/volumes/user/bin", Cancellation);
        Assert.Equal(["user/a/doc.txt"], (await listed.ReadAsync<BinListing>()).Entries.Select(one => one.Path));

        using var back = await ada.PostAsync($"user/bin/{entry.Id}/restore", new UndeleteRequest("user/b/again.txt"));
        Assert.Equal("user/b/again.txt", (await back.ReadAsync<Entry>()).Path);
        Assert.Equal("text", await ada.ReadTextAsync("user/b/again.txt"));

        using var deletedAgain = await ada.SendAsync(HttpMethod.Delete, "files/user/b/again.txt");
        using var emptied = await ada.DeleteAsync("/api/v1/volumes/user/bin", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, emptied.StatusCode);
        using var purged = await ada.PostAsync($"user/bin/{(await deletedAgain.ReadAsync<BinnedEntry>()).Id}/restore", new UndeleteRequest());
        await purged.RefusedAsync(HttpStatusCode.NotFound, "volumes.not_in_bin");
    }

    [Fact]
    public async Task A_body_that_ends_early_leaves_nothing()
    {
        var token = await _server.TokenAsync("file-early");
        using var client = _server.ClientWith(token);
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(client.BaseAddress!.Host, client.BaseAddress.Port, Cancellation);
            await using var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT /api/v1/volumes/user/files/half.bin HTTP/1.1\r\nHost: {client.BaseAddress.Authority}\r\nAuthorization: Bearer {token}\r\n" +
                "Content-Type: application/octet-stream\r\nContent-Length: 4000000000\r\n\r\n"), Cancellation);
            var answer = new byte[12];
            await stream.ReadExactlyAsync(answer, Cancellation);
            // 4 GB are more than a file may have, and are not waited for.
            Assert.Equal("HTTP/1.1 413", Encoding.ASCII.GetString(answer));
        }

        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(client.BaseAddress!.Host, client.BaseAddress.Port, Cancellation);
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT /api/v1/volumes/user/files/half.bin HTTP/1.1\r\nHost: {client.BaseAddress.Authority}\r\nAuthorization: Bearer {token}\r\n" +
                "Content-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\nonly this"), Cancellation);
            socket.Client.Shutdown(SocketShutdown.Send);
            // Until the server has noticed: it answers, closes or resets.
            await Record.ExceptionAsync(async () => await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, Cancellation));
        }

        using var none = await client.SendAsync(HttpMethod.Get, "files/user/half.bin");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task A_hundred_megabytes_go_in_and_come_out_as_they_were()
    {
        using var ada = _server.ClientWith(await _server.TokenAsync("file-large"));
        var content = new byte[100 * 1024 * 1024];
        new Random(7).NextBytes(content);

        using var written = await ada.SendAsync(HttpMethod.Put, "files/team/large.bin", content);
        var entry = await written.ReadAsync<Entry>();

        Assert.Equal((content.LongLength, Convert.ToHexStringLower(SHA256.HashData(content)), "token"), (entry.Bytes, entry.Hash, entry.Author!.Via));
        using var read = await ada.SendAsync(HttpMethod.Get, "files/team/large.bin");
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await read.Content.ReadAsByteArrayAsync(Cancellation)));
    }
}
