using System.Net;
using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace LLMos.Tests.Volumes;

public sealed class FolderEndpointsTests(VolumesServer shared) : IClassFixture<VolumesServer>
{
    private readonly LLMosServer _server = shared.Server;

    public static TheoryData<string> BadPaths => [
        "a//b", "a/", "%2e%2e%2fb", "a%2f..%2fb", "a%5Cb", "a%0Ab", "a%7Fb", "a%C2%85b", new string('x', 256), string.Join('/', Enumerable.Repeat("d", 65)), "a%2f%2e"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_is_listed_page_by_page_in_the_order_of_names()
    {
        using var ada = await _server.SignInAsync("folder-list");
        foreach (var name in new[] { "b", "a", "ä", "B", "c" })
            await ada.WriteAsync($"user/many/{Uri.EscapeDataString(name)}", "x");

        var first = await ada.ListAsync("user/many", "?limit=3");
        var rest = await ada.ListAsync("user/many", $"?limit=3&after={first.Next}");

        Assert.Equal((5, "b"), (first.Count, first.Next));
        Assert.Equal(["B", "a", "b"], first.Entries.Select(entry => entry.Name));
        Assert.Equal(["c", "ä"], rest.Entries.Select(entry => entry.Name));
        Assert.Null(rest.Next);
        Assert.Equal(("folder", 5, 5L), (await ada.ListAsync("user")) is { Entries: [var folder] } ? (folder.Type, folder.Files, folder.Bytes) : default);
    }

    [Fact]
    public async Task Files_and_whole_folders_move_and_are_copied_also_between_volumes()
    {
        using var ada = await _server.SignInAsync("folder-move");
        await ada.WriteAsync("user/from/deep/a.txt", "a");

        using var moved = await ada.PostAsync("move", new MoveRequest("user/from", "team/shared/to"));
        Assert.Equal(("team/shared/to", "folder"), await moved.ReadAsync<Entry>() is var entry ? (entry.Path, entry.Type) : default);
        using var copied = await ada.PostAsync("copy", new MoveRequest("team/shared/to", "user/copy"));
        await copied.ReadAsync<Entry>();

        Assert.Equal(("a", "a"), (await ada.ReadTextAsync("team/shared/to/deep/a.txt"), await ada.ReadTextAsync("user/copy/deep/a.txt")));
        using var into = await ada.PostAsync("move", new MoveRequest("user/copy", "user/copy/deep/it"));
        await into.RefusedAsync(HttpStatusCode.Conflict, "volumes.into_itself");
        using var taken = await ada.PostAsync("copy", new MoveRequest("team/shared/to", "user/copy"));
        await taken.RefusedAsync(HttpStatusCode.Conflict, "volumes.exists");
        using var full = await ada.SendAsync(HttpMethod.Delete, "folders/user/copy");
        await full.RefusedAsync(HttpStatusCode.Conflict, "volumes.not_empty");
        using var deleted = await ada.SendAsync(HttpMethod.Delete, "folders/user/copy?recursive=true");
        Assert.Equal(1, (await deleted.ReadAsync<BinnedEntry>()).Files);
    }

    [Fact]
    public async Task Each_person_has_a_user_volume_viewers_only_read_the_teams_and_nobody_writes_the_systems()
    {
        using var ada = await _server.SignInAsync("rights-ada");
        using var ben = await _server.SignInAsync("rights-ben");
        using var vera = await _server.SignInAsync("rights-vera", Role.Viewer);
        using var administrator = await _server.SignInAsAdministratorAsync();
        using var nobody = _server.Client();
        await ada.WriteAsync("user/secret.txt", "Ada's");
        await ada.WriteAsync("team/ours.txt", "ours");

        foreach (var other in new[] { ben, vera, administrator })
        {
            using var missing = await other.SendAsync(HttpMethod.Get, "files/user/secret.txt");
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
            Assert.Equal("ours", await other.ReadTextAsync("team/ours.txt"));
            using var system = await other.PutAsync("system/mine.txt", "x");
            await system.RefusedAsync(HttpStatusCode.Forbidden, "volumes.read_only");
            await other.WriteAsync("user/own.txt", "x");
        }

        Assert.Contains("contract.md", (await vera.ListAsync("system")).Entries.Select(entry => entry.Name));
        using var byViewer = await vera.PutAsync("team/ours.txt", "hers");
        await byViewer.RefusedAsync(HttpStatusCode.Forbidden, "volumes.read_only");
        using var moved = await vera.PostAsync("move", new MoveRequest("team/ours.txt", "user/ours.txt"));
        await moved.RefusedAsync(HttpStatusCode.Forbidden, "volumes.read_only");
        using var byNobody = await nobody.SendAsync(HttpMethod.Get, "files/team/ours.txt");
        Assert.Equal(HttpStatusCode.Unauthorized, byNobody.StatusCode);
    }

    [Theory, MemberData(nameof(BadPaths))]
    public async Task A_path_that_is_none_is_refused_at_every_door(string path)
    {
        using var ada = await _server.SignInAsync("paths");
        var decoded = Uri.UnescapeDataString(path);

        foreach (var (method, route) in new[] { (HttpMethod.Get, "files"), (HttpMethod.Put, "files"), (HttpMethod.Delete, "files"), (HttpMethod.Get, "folders"), (HttpMethod.Put, "folders"), (HttpMethod.Get, "stat"), (HttpMethod.Get, "history") })
        {
            using var answer = await ada.SendAsync(method, $"{route}/user/{path}", method == HttpMethod.Put ? [] : null);
            await answer.RefusedAsync(HttpStatusCode.BadRequest, "volumes.path_invalid");
        }

        foreach (var request in new[] { new MoveRequest($"user/{decoded}", "user/b"), new MoveRequest("user/b", $"user/{decoded}") })
        {
            using var moved = await ada.PostAsync("move", request);
            await moved.RefusedAsync(HttpStatusCode.BadRequest, "volumes.path_invalid");
            using var copied = await ada.PostAsync("copy", request);
            await copied.RefusedAsync(HttpStatusCode.BadRequest, "volumes.path_invalid");
        }

        using var restored = await ada.PostAsync("user/bin/1/restore", new UndeleteRequest($"user/{decoded}"));
        await restored.RefusedAsync(HttpStatusCode.BadRequest, "volumes.path_invalid");
    }

    /// <param name="path">As JSON writes it.</param>
    [Theory, InlineData("../b"), InlineData("."), InlineData("a/../../b"), InlineData("a\\u0000b"), InlineData("a\\ud800b"), InlineData("")]
    public async Task A_path_in_a_body_is_judged_likewise(string path)
    {
        using var ada = await _server.SignInAsync("paths");
        using var body = new StringContent($$"""{"from":"user/{{path}}","to":"user/b"}""", Encoding.UTF8, "application/json");

        using var moved = await ada.PostAsync(new Uri("/api/v1/volumes/move", UriKind.Relative), body, Cancellation);

        Assert.Equal(path.Length == 0 ? HttpStatusCode.Conflict : HttpStatusCode.BadRequest, moved.StatusCode);
    }

    [Fact]
    public async Task A_url_with_dots_never_leads_out_of_the_volumes()
    {
        using var ada = await _server.SignInAsync("dots");

        foreach (var url in new[] { "user/files/../../system/version", "user/files/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "user/files/..%5c..%5cx", "../../../etc/passwd" })
        {
            using var answer = await ada.GetAsync($"/api/v1/volumes/{url}", Cancellation);
            Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{url}: {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task Names_that_look_alike_are_one_name_however_they_are_written()
    {
        using var ada = await _server.SignInAsync("unicode");
        await ada.WriteAsync($"user/{Uri.EscapeDataString("cafe\u0301.txt")}", "composed later");

        Assert.Equal("composed later", await ada.ReadTextAsync($"user/{Uri.EscapeDataString("caf\u00e9.txt")}"));
        Assert.Equal(["caf\u00e9.txt"], (await ada.ListAsync("user")).Entries.Select(entry => entry.Name));
    }

    [Fact]
    public async Task A_search_finds_names_and_lines_of_text()
    {
        using var ada = await _server.SignInAsync("search");
        await ada.WriteAsync("user/a/Report.txt", "first line\nthe Answer is 42\n");
        await ada.WriteAsync("user/b/other.txt", "nothing");

        await ada.WriteAsync("user/Größe.txt", "composed");
        using var byName = await ada.GetAsync("/api/v1/volumes/user/search?q=report", Cancellation);
        using var decomposed = await ada.GetAsync($"/api/v1/volumes/user/search?q={Uri.EscapeDataString("gro\u0308ße")}", Cancellation);
        using var byContent = await ada.GetAsync("/api/v1/volumes/user/search?q=answer&in=content", Cancellation);
        using var none = await ada.GetAsync("/api/v1/volumes/user/search?q=&in=content", Cancellation);

        Assert.Equal(["user/a/Report.txt"], (await byName.ReadAsync<SearchResult>()).Matches.Select(match => match.Entry.Path));
        Assert.Equal(["user/Größe.txt"], (await decomposed.ReadAsync<SearchResult>()).Matches.Select(match => match.Entry.Path));
        Assert.Equal([new MatchingLine(2, "the Answer is 42")], Assert.Single((await byContent.ReadAsync<SearchResult>()).Matches).Lines);
        await none.RefusedAsync(HttpStatusCode.BadRequest, "volumes.search_invalid");
    }

    [Fact]
    public async Task A_watcher_hears_what_happens_in_its_folder_and_misses_nothing_between_two_connections()
    {
        var token = await _server.TokenAsync("watcher");
        using var ada = _server.ClientWith(token);
        await ada.WriteAsync("user/watched/before.txt", "x");
        var listing = await ada.ListAsync("user/watched");

        await using (var hub = _server.Hub("/hubs/volumes", token))
        {
            await hub.StartAsync(Cancellation);
            var changes = hub.StreamAsync<Change[]>("Watch", "user/watched", listing.Sequence, Cancellation).GetAsyncEnumerator(Cancellation);
            await ada.WriteAsync("user/elsewhere.txt", "x");
            await ada.WriteAsync("user/watched/before.txt", "y");
            Assert.True(await changes.MoveNextAsync());
            Assert.Equal(("changed", "user/watched/before.txt", 2), Assert.Single(changes.Current) is var change ? (change.Kind, change.Path, change.Version) : default);
            listing = listing with { Sequence = changes.Current[^1].Sequence };
        }

        await ada.WriteAsync("user/watched/meanwhile.txt", "x");
        using var moved = await ada.PostAsync("move", new MoveRequest("user/watched", "user/away"));
        await using var again = _server.Hub("/hubs/volumes", token);
        await again.StartAsync(Cancellation);
        List<Change> missed = [];
        await foreach (var batch in again.StreamAsync<Change[]>("Watch", "user/watched", listing.Sequence, Cancellation))
        {
            missed.AddRange(batch);
            if (missed.Count >= 2)
                break;
        }

        Assert.Equal([("created", "user/watched/meanwhile.txt", null), ("moved", "user/away", "user/watched")], missed.Select(change => (change.Kind, change.Path, change.From)));
        using var listed = await ada.GetAsync($"/api/v1/volumes/user/changes?after={listing.Sequence}", Cancellation);
        Assert.Equal(missed, (await listed.ReadAsync<ChangeListing>()).Changes);
        var refusal = await Assert.ThrowsAsync<HubException>(async () => await again.StreamAsync<Change[]>("Watch", "user/../x", 0, Cancellation).GetAsyncEnumerator(Cancellation).MoveNextAsync());
        Assert.Contains("volumes.path_invalid", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_volumes_say_what_is_used_and_what_may_be()
    {
        using var ada = await _server.SignInAsync("usage");
        await ada.WriteAsync("user/a.txt", "12345");
        await ada.WriteAsync("user/a.txt", "123");

        using var answer = await ada.GetAsync("/api/v1/volumes", Cancellation);
        var volumes = await answer.ReadAsync<VolumeList>();

        Assert.Equal([("user", true), ("team", true), ("system", false)], volumes.Volumes.Select(volume => (volume.Name, volume.IsWritable)));
        // A former version counts 8 KiB at least.
        Assert.Equal((1, 0, 3L, 8192L, 2L << 30), volumes.Volumes[0] is var user ? (user.Files, user.Folders, user.Bytes, user.KeptBytes, user.QuotaBytes) : default);
        Assert.True(volumes.Volumes[2] is var system && system.QuotaBytes == system.Bytes && system.MaxEntries == system.Files + system.Folders);
    }

    [Fact]
    public async Task Only_an_administrator_makes_backups_and_checks_the_store()
    {
        using var member = await _server.SignInAsync("no-administrator");
        using var administrator = await _server.SignInAsAdministratorAsync();

        foreach (var route in new[] { "/api/v1/system/backups", "/api/v1/volumes/check" })
        {
            using var refused = await member.PostAsync(new Uri(route, UriKind.Relative), null, Cancellation);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            using var done = await administrator.PostAsync(new Uri(route, UriKind.Relative), null, Cancellation);
            Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync(Cancellation));
        }

        using var listed = await administrator.GetAsync("/api/v1/system/backups", Cancellation);
        Assert.Single((await listed.ReadAsync<BackupList>()).Backups);
    }

    [Fact]
    public async Task A_member_that_names_a_type_is_refused_as_every_unknown_one()
    {
        using var ada = await _server.SignInAsync("types");
        using var body = new StringContent("""{"from":"user/a","to":"user/b","_type":"System.Diagnostics.Process"}""", Encoding.UTF8, "application/json");

        using var answer = await ada.PostAsync(new Uri("/api/v1/volumes/move", UriKind.Relative), body, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }
}
