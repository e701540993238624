using System.Diagnostics;
using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>What random operations do not come by; the rest of the rules is in <see cref="ModelVolumes"/>.</summary>
public sealed class VolumeFilesTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;

    private static readonly Caller Ben = new("ben", "Ben", Role.Member), Vera = new("vera", "Vera", Role.Viewer);

    private readonly TemporaryFolder _folder = new();
    private OpenVolumes _volumes;

    public VolumeFilesTests() => _volumes = new(_folder.Path);

    public void Dispose()
    {
        _volumes.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Everybody_has_a_user_volume_of_their_own_and_shares_the_teams()
    {
        await _volumes.WriteAsync("user/a", "Anna's");
        await _volumes.WriteAsync("user/a", "Ben's", by: Ben);
        await _volumes.WriteAsync("team/a", "ours", by: Ben);

        Assert.Equal(("Anna's", "ours"), (_volumes.Text("user/a"), _volumes.Text("team/a")));
        Assert.Null(_volumes.Files.Find(Vera, VolumePath.Parse("user/a")));
        Assert.NotNull(_volumes.Files.Find(Vera, VolumePath.Parse("team/a")));
        await AssertRefusedAsync("volumes.read_only", () => _volumes.WriteAsync("team/a", "mine", by: Vera));
        await AssertRefusedAsync("volumes.read_only", () => _volumes.WriteAsync("system/a", "mine"));
        await AssertRefusedAsync("volumes.read_only", () => _volumes.MoveAsync("system/a", "user/b"));
        await AssertRefusedAsync("volumes.read_only", () => _volumes.DeleteAsync("system/a"));
    }

    [Fact]
    public async Task A_quota_is_kept_to_the_byte_and_a_refusal_changes_nothing()
    {
        Reopen(new() { UserMegabytes = 1, FileMegabytes = 2 });
        await _volumes.WriteAsync("user/full", new byte[Megabyte]);
        var before = _volumes.Files.Tree(OpenVolumes.Anna, VolumeKind.User);

        await AssertRefusedAsync("volumes.quota_exceeded", () => _volumes.WriteAsync("user/one", "1"));
        await AssertRefusedAsync("volumes.quota_exceeded", () => _volumes.WriteAsync("user/full", new byte[Megabyte + 1]));
        await AssertRefusedAsync("volumes.quota_exceeded", () => _volumes.AppendAsync("user/full", new byte[1]));
        await AssertRefusedAsync("volumes.quota_exceeded", () => _volumes.CopyAsync("user/full", "user/deep/copy"));

        Assert.Same(before.Root, _volumes.Files.Tree(OpenVolumes.Anna, VolumeKind.User).Root);
        Assert.Single(OpenVolumes.ContentFiles(_folder.Path));
        // Nothing is larger by these; the other volume has its own.
        await _volumes.WriteAsync("user/empty", "");
        await _volumes.WriteAsync("user/full", new byte[Megabyte]);
        await _volumes.MoveAsync("user/full", "user/moved");
        await _volumes.WriteAsync("team/one", "1");
        await AssertRefusedAsync("volumes.quota_exceeded", () => _volumes.MoveAsync("team/one", "user/one"));
    }

    [Fact]
    public async Task Versions_are_kept_to_their_bound_and_any_of_them_comes_back()
    {
        Reopen(new() { FormerVersions = 3 });
        for (var version = 1; version <= 6; version++)
            await _volumes.WriteAsync("user/a", $"text {version}", by: OpenVolumes.Anna with { Via = $"run {version}" });

        Assert.Equal([3, 4, 5, 6], _volumes.File("user/a").Versions.Select(version => version.Number));
        Assert.Equal("text 3", _volumes.Text("user/a", 3));
        Assert.Equal(new Author("anna", "Anna", "run 4"), _volumes.File("user/a").Former[1].Author);
        await AssertRefusedAsync("volumes.version_not_found", () => _volumes.Files.RestoreAsync(OpenVolumes.Anna, VolumePath.Parse("user/a"), 2, WriteCondition.None));
        // The one that falls out is the one that comes back.
        await _volumes.Files.RestoreAsync(OpenVolumes.Anna, VolumePath.Parse("user/a"), 3, WriteCondition.None);
        Assert.Equal((7, "text 3"), (_volumes.File("user/a").Current.Number, _volumes.Text("user/a")));

        Reopen(new() { FormerVersions = 3 });
        Assert.Equal(["text 4", "text 5", "text 6", "text 3"], _volumes.File("user/a").Versions.Select(version => Encoding.UTF8.GetString(_volumes.Read(version))));
    }

    [Fact]
    public async Task A_folder_with_ten_thousand_descendants_moves_copies_and_goes_as_one()
    {
        Reopen(new() { UserMegabytes = 100, MaxDraftsPerPerson = 10_000 });
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(number => _volumes.WriteAsync($"user/many/{number % 100}/{number}", $"{number % 1000}")));
        var before = _volumes.Files.Tree(OpenVolumes.Anna, VolumeKind.User).Sequence;

        var moving = Stopwatch.StartNew();
        await _volumes.MoveAsync("user/many", "user/moved/here");
        TestContext.Current.TestOutputHelper!.WriteLine($"moved in {moving.ElapsedMilliseconds} ms");
        await _volumes.CopyAsync("user/moved", "team/copied");
        var entry = await _volumes.DeleteAsync("user/moved");

        Assert.Equal(before + 3, _volumes.Files.Tree(OpenVolumes.Anna, VolumeKind.User).Sequence);
        Assert.Equal((10_000, 102), (entry.Node.Totals.Files, entry.Node.Totals.Folders));
        Reopen(new() { UserMegabytes = 100 });
        Assert.Equal("42", _volumes.Text("team/copied/here/42/42"));
        Assert.False(_volumes.Exists("user/moved"));
        await _volumes.Files.UndeleteAsync(OpenVolumes.Anna, VolumeKind.User, entry.Id, VolumePath.Parse("user/back"));
        Assert.Equal("42", _volumes.Text("user/back/here/42/42"));
        entry = await _volumes.DeleteAsync("user/back");
        await _volumes.Files.PurgeAsync(OpenVolumes.Anna, VolumeKind.User, entry.Id);
        await AssertRefusedAsync("volumes.not_in_bin", () => _volumes.Files.UndeleteAsync(OpenVolumes.Anna, VolumeKind.User, entry.Id, null));
        Reopen(new());
        Assert.Equal(10_000 + 102, _volumes.Documents(VolumeDocuments.Nodes));
        Assert.Equal(0, (await _volumes.Check.DeepAsync(CancellationToken.None)).Problems);
    }

    [Fact]
    public async Task What_is_below_may_not_become_too_deep_or_too_long()
    {
        await _volumes.WriteAsync($"user/a{string.Concat(Enumerable.Repeat("/d", 60))}", "deep");
        await _volumes.MakeFolderAsync("user/1/2/3/4");

        await AssertRefusedAsync("volumes.path_invalid", () => _volumes.MoveAsync("user/a", "user/1/2/3/4/a"));
        await AssertRefusedAsync("volumes.path_invalid", () => _volumes.CopyAsync("user/a", "user/1/2/3/4/a"));
        var entry = await _volumes.DeleteAsync("user/a");
        await AssertRefusedAsync("volumes.path_invalid", () => _volumes.Files.UndeleteAsync(OpenVolumes.Anna, VolumeKind.User, entry.Id, VolumePath.Parse("user/1/2/3/4/a")));
        await _volumes.Files.UndeleteAsync(OpenVolumes.Anna, VolumeKind.User, entry.Id, VolumePath.Parse("user/1/2/3/a"));

        await _volumes.WriteAsync($"user/b{string.Concat(Enumerable.Repeat("/" + new string('n', 250), 16))}", "long");
        await AssertRefusedAsync("volumes.path_invalid", () => _volumes.MoveAsync("user/b", $"user/{new string('m', 250)}"));
    }

    [Fact]
    public async Task What_comes_with_the_product_can_be_copied_and_then_is_ones_own()
    {
        _volumes.System.Put("guide/small.md", "small"u8.ToArray());
        _volumes.System.Put("guide/deep/large.bin", new byte[100_000]);

        await _volumes.CopyAsync("system/guide/small.md", "user/mine.md");
        await _volumes.CopyAsync("system/guide", "team/guide");
        await AssertRefusedAsync("volumes.exists", () => _volumes.CopyAsync("system/guide", "team/guide"));
        await AssertRefusedAsync("volumes.not_found", () => _volumes.CopyAsync("system/nothing", "team/nothing"));

        Reopen(new());
        Assert.Equal(("small", "small", 100_000), (_volumes.Text("user/mine.md"), _volumes.Text("team/guide/small.md"), _volumes.Read("team/guide/deep/large.bin").Length));
        Assert.DoesNotContain("system", _volumes.Store.Trees.Keys);
    }

    [Fact]
    public async Task Ids_and_tags_are_never_used_again()
    {
        HashSet<long> ids = [];
        for (var start = 0; start < 4; start++)
        {
            for (var round = 0; round < 20; round++)
            {
                Assert.True(ids.Add((await _volumes.WriteAsync("user/a", "x")).Id));
                await Record.ExceptionAsync(() => _volumes.CopyAsync("user/a", "user/b/c", overwrite: round % 2 == 0));
                var entry = await _volumes.DeleteAsync("user/a");
                Assert.True(ids.Add(entry.Id));
                if (round % 3 == 0)
                    await _volumes.Files.PurgeAsync(OpenVolumes.Anna, VolumeKind.User, entry.Id);
            }

            Reopen(new());
        }
    }

    [Fact]
    public async Task Appends_at_the_same_time_all_arrive()
    {
        const int Appenders = 24, Each = 8;

        await Task.WhenAll(Enumerable.Range(0, Appenders).Select(appender => Task.Run(async () =>
        {
            for (var line = 0; line < Each; line++)
                await _volumes.AppendAsync("user/log", Encoding.UTF8.GetBytes($"{appender} {line}\n"));
        })));

        var lines = _volumes.Text("user/log").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Appenders * Each, lines.Length);
        Assert.All(lines.GroupBy(line => line.Split(' ')[0]), own => Assert.Equal(Enumerable.Range(0, Each).Select(line => $"{own.Key} {line}"), own));
    }

    [Fact]
    public async Task Sixteen_who_edit_one_file_lose_no_update()
    {
        const int Clients = 16, Each = 20;
        await _volumes.WriteAsync("user/counter", "0");

        var conflicts = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            var refused = 0;
            for (var done = 0; done < Each;)
            {
                var seen = _volumes.File("user/counter");
                var next = int.Parse(Encoding.UTF8.GetString(_volumes.Read(seen.Current)), System.Globalization.CultureInfo.InvariantCulture) + 1;
                try
                {
                    await _volumes.WriteAsync("user/counter", $"{next}", WriteCondition.At(seen.Tag));
                    done++;
                }
                catch (DomainException conflict) when (conflict.Error.Code == "volumes.conflict")
                {
                    refused++;
                    await Task.Yield();
                }
            }

            return refused;
        })));

        TestContext.Current.TestOutputHelper!.WriteLine($"{conflicts.Sum()} conflicts");
        Assert.Equal($"{Clients * Each}", _volumes.Text("user/counter"));
        Assert.Equal(Clients * Each + 1, _volumes.File("user/counter").Current.Number);
    }

    [Fact]
    public async Task A_body_that_ends_early_or_is_too_large_leaves_nothing()
    {
        Reopen(new() { FileMegabytes = 1, UserMegabytes = 10 });
        await AssertRefusedAsync("volumes.file_too_large", () => _volumes.WriteAsync("user/large", new byte[Megabyte + 1]));
        await AssertRefusedAsync("volumes.file_too_large", () => _volumes.AppendAsync("user/large", new byte[Megabyte + 1]));
        await Assert.ThrowsAsync<IOException>(() => _volumes.Files.WriteAsync(OpenVolumes.Anna, VolumePath.Parse("user/cut"), new CutStream(), WriteCondition.None, true, CancellationToken.None));
        await _volumes.WriteAsync("user/whole", new byte[Megabyte]);
        await AssertRefusedAsync("volumes.file_too_large", () => _volumes.AppendAsync("user/whole", new byte[1]));

        Assert.Equal(["whole"], _volumes.Files.List(OpenVolumes.Anna, VolumePath.Parse("user"), null, 10).Entries.Select(node => node.Name));
        Assert.Single(OpenVolumes.ContentFiles(_folder.Path));
    }

    [Fact]
    public async Task A_listing_goes_on_where_it_ended_whatever_became_of_the_name()
    {
        foreach (var name in (string[])["b", "a", "ä", "B", "c", "a b"])
            await _volumes.WriteAsync($"user/{name}", "");
        var root = VolumePath.Parse("user");

        var first = _volumes.Files.List(OpenVolumes.Anna, root, null, 3);
        Assert.Equal(["B", "a", "a b", "a b"], first.Entries.Select(node => node.Name).Append(first.Next));
        await _volumes.DeleteAsync("user/a b");
        var rest = _volumes.Files.List(OpenVolumes.Anna, root, first.Next, 3);

        Assert.Equal(["b", "c", "ä", null], rest.Entries.Select(node => node.Name).Append(rest.Next));
        Assert.Equal(7, rest.Sequence);
        Assert.Equal([], _volumes.Files.List(OpenVolumes.Anna, root, "ä", 3).Entries.Select(node => node.Name));
    }

    [Fact]
    public async Task A_body_that_does_not_say_how_long_it_is_is_not_taken_in_beyond_the_quota()
    {
        Reopen(new() { UserMegabytes = 3 });
        await _volumes.WriteAsync("user/there", new byte[Megabyte]);

        foreach (var (path, most) in new[] { ("user/there", 3), ("user/new", 2) })
        {
            using var body = new MemoryStream(new byte[20 * Megabyte]);
            await AssertRefusedAsync("volumes.quota_exceeded", () => _volumes.Files.WriteAsync(
                OpenVolumes.Anna, VolumePath.Parse(path), body, WriteCondition.None, makeFolders: true, CancellationToken.None));
            Assert.InRange(body.Position, most * Megabyte, (most + 1) * Megabyte);
        }

        using var added = new MemoryStream(new byte[20 * Megabyte]);
        await AssertRefusedAsync("volumes.quota_exceeded", () => _volumes.Files.AppendAsync(
            OpenVolumes.Anna, VolumePath.Parse("user/there"), added, WriteCondition.None, makeFolders: true, CancellationToken.None));
        Assert.InRange(added.Position, 2 * Megabyte, 3 * Megabyte);
    }

    private void Reopen(VolumeOptions options)
    {
        _volumes.Dispose();
        _volumes = new(_folder.Path, options);
    }

    private static async Task AssertRefusedAsync(string code, Func<Task> act) => Assert.Equal(code, (await Assert.ThrowsAsync<DomainException>(act)).Error.Code);

    /// <summary>A hundred thousand bytes, then the connection is gone.</summary>
    private sealed class CutStream() : MemoryStream(new byte[100_000])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var count ? count : throw new IOException("the client has gone");
    }
}
