using System.Security.Cryptography;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

public sealed class ContentStoreTests : IDisposable
{
    private static readonly VolumeOptions NoHistory = new() { FormerVersions = 0 };

    private readonly TemporaryFolder _folder = new();
    private OpenVolumes _volumes;

    public ContentStoreTests() => _volumes = new(_folder.Path, NoHistory);

    public void Dispose()
    {
        _volumes.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 0)]
    [InlineData(ContentStore.MostInline, 0)]
    [InlineData(ContentStore.MostInline + 1, 1)]
    [InlineData(3_000_000, 1)]
    public async Task Equal_content_is_kept_once_until_nothing_refers_to_it(int length, int files)
    {
        var content = Bytes(length, 1);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => _volumes.WriteAsync($"user/{number}", content)));
        await _volumes.CopyAsync("user/0", "team/copy");
        await AssertKeptAsync(1 - files, files);
        _volumes.Dispose();
        _volumes = new(_folder.Path, NoHistory);
        Assert.Equal(content, _volumes.Read("team/copy"));

        for (var number = 0; number < 8; number++)
            await _volumes.WriteAsync($"user/{number}", Bytes(50, 2));
        await AssertKeptAsync(2 - files, files);
        var entry = await _volumes.DeleteAsync("team/copy");
        Assert.Equal(content, _volumes.Read(((FileNode)entry.Node).Current));
        await _volumes.Files.PurgeAsync(OpenVolumes.Anna, VolumeKind.Team, entry.Id);

        await AssertKeptAsync(1, 0);
    }

    [Fact]
    public async Task What_is_open_stays_readable_when_it_is_let_go()
    {
        var content = Bytes(2_000_000, 1);
        await _volumes.WriteAsync("user/a", content);
        using var open = _volumes.Files.Open(VolumePath.Parse("user/a"), _volumes.File("user/a").Current);

        await _volumes.WriteAsync("user/a", "other");

        await AssertKeptAsync(1, 0);
        var read = new byte[content.Length];
        open.ReadExactly(read);
        Assert.Equal(content, read);
    }

    [Fact]
    public async Task What_is_staged_stays_and_goes_with_an_edit_that_was_refused()
    {
        using (await _volumes.Contents.StageAsync(new MemoryStream(Bytes(100_000, 1)), long.MaxValue, CancellationToken.None))
        {
            await _volumes.WriteAsync("user/a", Bytes(100_000, 1));
            await _volumes.WriteAsync("user/a", "other");
            _volumes.Contents.Sweep();
            await AssertKeptAsync(1, 1);
        }

        await AssertKeptAsync(1, 0);
        await Assert.ThrowsAnyAsync<Exception>(() => _volumes.WriteAsync("user/a/below", Bytes(100_000, 1)));
        await AssertKeptAsync(1, 0);
    }

    [Fact]
    public async Task What_an_edit_lets_go_stays_until_that_is_durable()
    {
        var content = new ContentReference(ContentHash.Read(System.Security.Cryptography.SHA256.HashData(Bytes(100_000, 1))), 100_000);
        Dictionary<ContentHash, VolumeEdit.Reference> Refer(int more) => new() { [content.Hash] = new(content.Length, more, StoredAs: 0) };
        var staged = await _volumes.Contents.StageAsync(Bytes(100_000, 1), long.MaxValue, CancellationToken.None);
        var (first, second) = (new VolumeBatch(0), new VolumeBatch(0));

        // One edit wrote it; before that was durable another one overwrote it.
        _volumes.Contents.Refer(Refer(1), [staged], first);
        _volumes.Contents.Refer(Refer(-1), [], second);
        staged.Dispose();
        await AssertKeptAsync(0, 1);

        // And is lost.
        _volumes.Contents.KeepOnly([content]);
        Assert.Null(_volumes.Contents.Examine(content, deep: true));

        _volumes.Contents.Refer(Refer(-1), [], second);
        _volumes.Contents.Release(second.Unused);
        await AssertKeptAsync(0, 0);
    }

    [Fact]
    public async Task A_content_that_cannot_be_deleted_holds_nobody_up()
    {
        await _volumes.WriteAsync("user/a", Bytes(100_000, 1));
        var file = Directory.EnumerateFiles(_folder["contents"], "*", SearchOption.AllDirectories).Single();
        File.Delete(file);
        Directory.CreateDirectory(file);

        await _volumes.WriteAsync("user/a", "other");
        await _volumes.WriteAsync("user/a", "another");

        Assert.Equal("another", _volumes.Text("user/a"));
    }

    [Fact]
    public async Task A_small_content_that_is_damaged_is_told_and_not_served()
    {
        await _volumes.WriteAsync("user/a", "right");
        await _volumes.WriteAsync("user/b", "whole");
        var stored = _volumes.File("user/a").Current.StoredAs;
        await _volumes.Database.WriteAsync(documents => documents.Put(VolumeDocuments.Contents, new() { ["_id"] = stored, ["b"] = "wrong"u8.ToArray() }));
        _volumes.Dispose();
        _volumes = new(_folder.Path, NoHistory);

        Assert.Equal("volumes.content_missing", Assert.Throws<DomainException>(() => _volumes.Read("user/a")).Error.Code);
        Assert.Null(_volumes.Contents.ReadInline(_volumes.File("user/a").Current.Content));
        Assert.Equal("whole", _volumes.Text("user/b"));
        Assert.Equal(["user/a"], (await _volumes.Check.QuickAsync(CancellationToken.None)).Damage.Select(damage => damage.Path));
        Assert.Single(_volumes.Database.Read(documents => new VolumeBackupCheck().Check(documents, _folder.Path).ToList()));
    }

    [Fact]
    public async Task A_content_that_cannot_be_opened_is_told_and_not_served()
    {
        await _volumes.WriteAsync("user/a", Bytes(100_000, 1));
        var file = Directory.EnumerateFiles(_folder["contents"], "*", SearchOption.AllDirectories).Single();
        File.Delete(file);
        Directory.CreateDirectory(file);

        Assert.Equal("volumes.content_missing", Assert.Throws<DomainException>(() => _volumes.Read("user/a")).Error.Code);
        Assert.Contains("cannot be read", (await _volumes.Check.QuickAsync(CancellationToken.None)).Damage.Single().Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_swept_while_documents_are_lost_that_may_refer_to_it()
    {
        await _volumes.WriteAsync("user/folder/a", Bytes(100_000, 1));
        var tree = _volumes.Store.Tree("user/anna");
        await _volumes.Database.WriteAsync(documents => documents.Delete(VolumeDocuments.Nodes, VolumeDocuments.NodeId(tree.Root.Id, "folder")));
        _volumes.Dispose();

        _volumes = new(_folder.Path, NoHistory);
        _volumes.Contents.Sweep();

        Assert.False(_volumes.Exists("user/folder"));
        await AssertKeptAsync(0, 1);
    }

    [Fact]
    public async Task Who_knows_a_content_and_not_the_store_finds_no_trace_of_it()
    {
        var guessed = _folder[Path.Combine("contents", ContentFiles.NameOf(ContentHash.Read(SHA256.HashData(Bytes(100_000, 1)))))];
        var before = Directory.GetLastWriteTimeUtc(_folder["contents"]);

        await _volumes.WriteAsync("user/a", Bytes(100_000, 1));
        await _volumes.WriteAsync("user/b", Bytes(100_000, 1));

        Assert.False(File.Exists(guessed));
        Assert.False(Directory.Exists(Path.GetDirectoryName(guessed)));
        Assert.Equal(before, Directory.GetLastWriteTimeUtc(_folder["contents"]));
        Assert.Equal([HiddenFolder.Find(_folder["contents"])], Directory.EnumerateFileSystemEntries(_folder["contents"]));
        await AssertKeptAsync(0, 1);
    }

    [Fact]
    public async Task Contents_of_an_earlier_version_are_found_and_kept()
    {
        await _volumes.WriteAsync("user/a", Bytes(100_000, 1));
        _volumes.Dispose();
        var hidden = HiddenFolder.Find(_folder["contents"]);
        foreach (var entry in Directory.EnumerateDirectories(hidden))
            Directory.Move(entry, Path.Combine(_folder["contents"], Path.GetFileName(entry)));
        Directory.Delete(hidden);

        _volumes = new(_folder.Path, NoHistory);
        _volumes.Contents.Sweep();

        Assert.Equal(Bytes(100_000, 1), _volumes.Read("user/a"));
        Assert.Equal(0, (await _volumes.Check.DeepAsync(CancellationToken.None)).Problems);
        await AssertKeptAsync(0, 1);
    }

    [Fact]
    public async Task What_a_crash_left_is_swept()
    {
        await _volumes.WriteAsync("user/a", Bytes(100_000, 1));
        _volumes.Dispose();
        var contents = HiddenFolder.Find(_folder["contents"]);
        File.WriteAllText(Path.Combine(contents, $"ab/ab{new string('0', 62)}"), "left");
        File.WriteAllText(Path.Combine(contents, "incoming/half"), "half");

        _volumes = new(_folder.Path, NoHistory);
        _volumes.Contents.Sweep();

        await AssertKeptAsync(0, 1);
        Assert.Equal(100_000, _volumes.Read("user/a").Length);
    }

    [Fact]
    public async Task A_draft_is_written_anywhere_and_is_a_content_like_any_other()
    {
        foreach (var length in (int[])[10, 100_000, 3_000_000])
        {
            var expected = Bytes(length, length);
            using (var draft = _volumes.Contents.Draft())
            {
                draft.Write(length / 2, expected.AsSpan(length / 2));
                draft.Write(0, expected.AsSpan(0, length / 2));
                draft.SetLength(length + 5);
                draft.SetLength(length);
                using var staged = await draft.StageAsync(CancellationToken.None);
                await _volumes.Files.WriteAsync(OpenVolumes.Anna, VolumePath.Parse("user/draft"), staged, WriteCondition.None, makeFolders: true);
            }

            Assert.Equal(expected, _volumes.Read("user/draft"));
        }

        using (var dropped = _volumes.Contents.Draft())
            dropped.Write(0, Bytes(3_000_000, 9));
        await AssertKeptAsync(0, 1);
    }

    private async Task AssertKeptAsync(int small, int large)
    {
        Assert.Equal(small, _volumes.Documents(VolumeDocuments.Contents));
        // Nobody waits for a file's removal.
        await Eventually.HoldsAsync(() => OpenVolumes.ContentFiles(_folder.Path).Count == large, $"{large} files of contents");
    }

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
