using System.Text;
using System.Text.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs;
using LLMos.Server.Runs.FileCalls;
using LLMos.Tests.Hosting;
using LLMos.Tests.Volumes;

namespace LLMos.Tests.Runs.Files;

public sealed class WorkerFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _bytes = new byte[FileCall.MaxBytes];
    private readonly OpenVolumes _volumes;
    private readonly WorkerFiles _worker;

    public WorkerFilesTests()
    {
        _volumes = new(_folder.Path, new() { FileMegabytes = 2, UserMegabytes = 3, TeamMegabytes = 3 });
        _worker = new(_volumes.Files);
    }

    public void Dispose()
    {
        _worker.Dispose();
        _volumes.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_write_over_quota_changes_nothing()
    {
        // What is too much is refused as it is written, and what others wrote meanwhile when it is closed.
        var handle = await DraftAsync("user/second", 2 << 20);
        await _volumes.WriteAsync("user/first", new byte[1 << 20]);
        await _volumes.WriteAsync("user/third", new byte[1 << 19]);

        var (answer, change) = await AskAsync(new { call = "commit", handle });

        Assert.Equal("volumes.quota_exceeded", answer.Error);
        Assert.Null(change);
        Assert.False(_volumes.Exists("user/second"));
        Assert.Equal("volumes.not_found", (await AskAsync(new { call = "stat", path = "user/second" })).Answer.Error);
    }

    [Fact]
    public async Task A_file_has_no_byte_more_than_it_may()
    {
        var handle = await DraftAsync("user/a", 2 << 20);

        var (answer, _) = await AskAsync(new { call = "write", handle, offset = 2 << 20, bytes = 1 });

        Assert.Equal("volumes.file_too_large", answer.Error);
        Assert.Equal("volumes.file_too_large", (await AskAsync(new { call = "resize", handle, length = (2 << 20) + 1 })).Answer.Error);
        Assert.Null((await AskAsync(new { call = "commit", handle })).Answer.Error);
        Assert.Equal(2 << 20, _volumes.File("user/a").Current.Length);
    }

    [Fact]
    public async Task Drafts_of_one_person_count_with_the_quota_over_all_workers_written_or_not_until_they_are_gone()
    {
        using var other = new WorkerFiles(_volumes.Files);
        await WriteAsync("user/first", 1 << 20);
        var sparse = (await AskAsync(new { call = "open", path = "user/a", mode = "write" })).Answer.Handle!.Value;
        Assert.Null((await AskAsync(new { call = "resize", handle = sparse, length = 2 << 20 })).Answer.Error);
        var handle = (await AskAsync(new { call = "open", path = "user/b", mode = "write" }, other)).Answer.Handle!.Value;

        Assert.Equal("volumes.quota_exceeded", (await AskAsync(new { call = "write", handle, offset = 0, bytes = 1 }, other)).Answer.Error);
        Assert.Equal("volumes.quota_exceeded", (await AskAsync(new { call = "resize", handle, length = 1 }, other)).Answer.Error);

        await AskAsync(new { call = "discard", handle = sparse });
        Assert.Null((await AskAsync(new { call = "write", handle, offset = 0, bytes = 1 }, other)).Answer.Error);
    }

    [Fact]
    public async Task A_draft_that_replaces_a_file_counts_for_what_it_adds_and_a_second_one_whole()
    {
        await WriteAsync("user/a", 2 << 20);
        var first = (await AskAsync(new { call = "open", path = "user/a", mode = "update" })).Answer.Handle!.Value;
        var second = (await AskAsync(new { call = "open", path = "user/a", mode = "extend" })).Answer;

        Assert.Equal("volumes.quota_exceeded", second.Error);
        Assert.Null((await AskAsync(new { call = "write", handle = first, offset = 0, bytes = 1 << 20 })).Answer.Error);
        Assert.Null((await AskAsync(new { call = "commit", handle = first })).Answer.Error);
    }

    [Fact]
    public async Task Drafts_for_the_team_count_for_their_person_too()
    {
        await DraftAsync("team/a", 2 << 20);
        await WriteAsync("user/x", 1);
        var handle = (await AskAsync(new { call = "open", path = "user/b", mode = "write" })).Answer.Handle!.Value;

        Assert.Equal("volumes.drafts_exceeded", (await AskAsync(new { call = "resize", handle, length = (1 << 20) + 1 })).Answer.Error);
    }

    [Fact]
    public async Task What_a_person_may_is_asked_again_when_the_file_is_closed()
    {
        var handle = await DraftAsync("team/a", 10);

        var (answer, _) = await AskAsync(new { call = "commit", handle }, OpenVolumes.Anna with { Role = Role.Viewer });

        Assert.Equal("volumes.read_only", answer.Error);
        Assert.False(_volumes.Exists("team/a"));
    }

    [Fact]
    public async Task Its_own_writes_are_no_conflict_and_those_of_others_are()
    {
        var (first, second) = (await DraftAsync("user/a", 10), await DraftAsync("user/a", 20));
        Assert.Equal(1, (await AskAsync(new { call = "commit", handle = first })).Answer.Entry!.Version);
        Assert.Equal(2, (await AskAsync(new { call = "commit", handle = second })).Answer.Entry!.Version);

        var third = await DraftAsync("user/a", 30);
        await _volumes.WriteAsync("user/a", "theirs");
        var (answer, _) = await AskAsync(new { call = "commit", handle = third });

        Assert.Equal("volumes.conflict", answer.Error);
        Assert.Contains("version 3", answer.Message, StringComparison.Ordinal);
        Assert.Contains("version 2", answer.Message, StringComparison.Ordinal);
        Assert.Equal("theirs", _volumes.Text("user/a"));
    }

    [Theory]
    [InlineData("write")]
    [InlineData("update")]
    public async Task What_somebody_saved_after_it_was_read_is_not_replaced_until_it_is_read_too(string mode)
    {
        await _volumes.WriteAsync("user/a", "first");
        await AskAsync(new { call = "open", path = "user/a", mode = "read" });
        await _volumes.WriteAsync("user/a", "theirs");

        var (refusal, _) = await AskAsync(new { call = "open", path = "user/a", mode });
        Assert.Equal("volumes.conflict", refusal.Error);
        Assert.Contains("is at version 2", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("you have seen version 1", refusal.Message, StringComparison.Ordinal);
        await WriteAsync("user/b", 1);
        Assert.Equal("volumes.conflict", (await AskAsync(new { call = "move", path = "user/b", to = "user/a", overwrite = true })).Answer.Error);
        Assert.Equal("volumes.conflict", (await AskAsync(new { call = "copy", path = "user/b", to = "user/a" })).Answer.Error);

        await AskAsync(new { call = "open", path = "user/a", mode = "read" });
        Assert.Null((await AskAsync(new { call = "open", path = "user/a", mode })).Answer.Error);
    }

    [Fact]
    public async Task What_is_added_or_was_never_read_or_is_gone_is_no_conflict()
    {
        foreach (var path in new[] { "user/log", "user/never", "user/gone" })
            await _volumes.WriteAsync(path, "1");
        await AskAsync(new { call = "open", path = "user/log", mode = "read" });
        await AskAsync(new { call = "open", path = "user/gone", mode = "read" });
        await _volumes.WriteAsync("user/log", "2");
        await _volumes.WriteAsync("user/never", "2");
        await _volumes.DeleteAsync("user/gone");

        Assert.Null((await AskAsync(new { call = "open", path = "user/log", mode = "append" })).Answer.Error);
        Assert.Null((await AskAsync(new { call = "open", path = "user/log", mode = "extend" })).Answer.Error);
        await WriteAsync("user/never", 1);
        await WriteAsync("user/gone", 1);
    }

    [Fact]
    public async Task Who_only_reads_is_told_so_and_how_much_room_there_is()
    {
        await _volumes.WriteAsync("team/a", "12345");
        var viewer = OpenVolumes.Anna with { Role = Role.Viewer };

        Assert.True((await AskAsync(new { call = "stat", path = "team/a" })).Answer.Writable);
        Assert.False((await AskAsync(new { call = "stat", path = "team/a" }, viewer)).Answer.Writable);
        Assert.False((await AskAsync(new { call = "list", path = "team" }, viewer)).Answer.Writable);
        Assert.Equal(new(3 << 20, (3 << 20) - 5, 100_000, 99_999), (await AskAsync(new { call = "space", path = "team" })).Answer.Space);
        Assert.Equal((0L, 0L), (await AskAsync(new { call = "space", path = "system" })).Answer.Space is { } system ? (system.FreeBytes, system.FreeEntries) : default);
    }

    [Fact]
    public async Task An_append_comes_behind_what_others_have_added_meanwhile()
    {
        await _volumes.WriteAsync("user/log", "1");
        var handle = (await AskAsync(new { call = "open", path = "user/log", mode = "append" })).Answer.Handle!.Value;
        "3"u8.CopyTo(_bytes);
        await AskAsync(new { call = "write", handle, offset = 0, bytes = 1 });
        await _volumes.AppendAsync("user/log", Encoding.ASCII.GetBytes("2"));

        var (_, change) = await AskAsync(new { call = "commit", handle });

        Assert.Equal("123", _volumes.Text("user/log"));
        Assert.Equal(new ChangedFile("user/log", "changed", 3, 3), change);
    }

    [Fact]
    public async Task What_is_read_is_the_version_that_was_opened_and_nothing_is_left_of_what_was_not_closed()
    {
        await WriteAsync("user/a", 100_000);
        var handle = (await AskAsync(new { call = "open", path = "user/a", mode = "read" })).Answer.Handle!.Value;
        await _volumes.WriteAsync("user/a", "short");
        await _volumes.DeleteAsync("user/a");
        await DraftAsync("user/b", 2 << 20);

        Assert.Equal(60_000, (await AskAsync(new { call = "read", handle, offset = 40_000, length = 70_000 })).Answer.Bytes);
        Assert.Equal(0, (await AskAsync(new { call = "read", handle, offset = 100_000, length = 1 })).Answer.Bytes);

        _worker.Dispose();
        Assert.Empty(Directory.GetFiles(Path.Combine(HiddenFolder.Find(_folder["contents"]), DataFolder.IncomingName)));
    }

    private async Task WriteAsync(string path, int length) =>
        Assert.Null((await AskAsync(new { call = "commit", handle = await DraftAsync(path, length) })).Answer.Error);

    /// <returns>The handle of a draft that is so long.</returns>
    private async Task<int> DraftAsync(string path, int length)
    {
        var opened = (await AskAsync(new { call = "open", path, mode = "write" })).Answer;
        Assert.Null(opened.Error);
        for (var offset = 0; offset < length; offset += FileCall.MaxBytes)
            Assert.Null((await AskAsync(new { call = "write", handle = opened.Handle, offset, bytes = Math.Min(FileCall.MaxBytes, length - offset) })).Answer.Error);
        return opened.Handle!.Value;
    }

    private Task<(FileAnswer Answer, ChangedFile? Change)> AskAsync<T>(T call, Caller? caller = null) => AskAsync(call, _worker, caller);

    private Task<(FileAnswer Answer, ChangedFile? Change)> AskAsync<T>(T call, WorkerFiles worker, Caller? caller = null) =>
        worker.AnswerAsync(FileCall.Parse(JsonSerializer.SerializeToUtf8Bytes(call)), _bytes, caller ?? OpenVolumes.Anna, CancellationToken.None);
}
