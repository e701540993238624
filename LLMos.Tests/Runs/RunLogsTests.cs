using System.Text;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Streams;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Runs;

/// <summary>What becomes of the files of runs that leave the history.</summary>
public sealed class RunLogsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_log_that_nobody_reads_leaves_its_emptied_file_to_a_later_run()
    {
        var logs = Logs();
        Write(logs, "a", "of a");

        logs.Delete("a");

        Assert.False(logs.Exists("a"));
        Assert.Equal(0, new FileInfo(Assert.Single(Spare)).Length);
        Write(logs, "b", "of b");
        Assert.Empty(Spare);
        Assert.Equal(["of b"], Read(logs, "b"));
    }

    [Fact]
    public async Task Who_reads_a_log_that_is_deleted_never_sees_what_a_later_run_wrote()
    {
        // More than is read from a file at once.
        var (a, b) = (Entries('a'), Entries('b'));
        var logs = Logs();
        Write(logs, "a", a);
        using var lease = logs.Open("a");
        await using var reading = lease.Log.ReadAsync(0, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        List<string> read = [];
        await reading.MoveNextAsync();
        read.AddRange(reading.Current.Select(Text));

        logs.Delete("a");
        Write(logs, "b", b);
        while (await reading.MoveNextAsync())
            read.AddRange(reading.Current.Select(Text));

        Assert.Equal(a, read);
        Assert.Empty(Spare);
    }

    [Fact]
    public void A_log_that_a_run_still_shared_with_a_reader_is_not_used_again()
    {
        var logs = Logs();
        using var live = logs.Create("a");
        using (logs.Share("a", live))
        {
            using var other = logs.Share("a", live);
        }

        using var reader = logs.Share("a", live);
        live.Complete();

        logs.Delete("a");

        Assert.Empty(Spare);
    }

    [Fact]
    public void Deleting_what_is_deleted_is_nothing()
    {
        var logs = Logs();
        Write(logs, "a", "of a");

        logs.Delete("a");
        logs.Delete("a");

        Assert.Single(Spare);
    }

    [Fact]
    public void The_spare_files_of_a_server_that_was_killed_are_deleted()
    {
        var logs = Logs();
        Write(logs, "a", "of a");
        logs.Delete("a");

        Logs();

        Assert.Empty(Spare);
    }

    public void Dispose() => _folder.Dispose();

    private string[] Spare => Directory.GetFiles(Path.Combine(_folder.Path, "runs", "spare"));

    private RunLogs Logs() => new(Options.Create(new StorageOptions { Path = _folder.Path }));

    private static string[] Entries(char letter) => [.. Enumerable.Range(0, 40).Select(number => $"{number:00}{new string(letter, 60_000)}")];

    private static void Write(RunLogs logs, string id, params string[] texts)
    {
        using var log = logs.Create(id);
        foreach (var text in texts)
            log.Append(Encoding.UTF8.GetBytes(text));
        log.Complete();
    }

    private static string[] Read(RunLogs logs, string id)
    {
        using var lease = logs.Open(id);
        return [.. lease.Log.Read(0, 10, 1024).Select(Text)];
    }

    private static string Text(LogEntry entry) => Encoding.UTF8.GetString(entry.Payload.Span);
}
