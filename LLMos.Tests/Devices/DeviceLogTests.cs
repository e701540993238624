using System.Text;
using LLMos.Server.Devices;
using LLMos.Server.Foundation.Errors;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

public sealed class DeviceLogTests : IDisposable
{
    private const long Quota = 8 * 1024 * 1024;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Events_are_numbered_from_1_with_who_and_what_also_after_a_restart()
    {
        using (var log = Open())
        {
            log.Append(RecordKind.State, null, "ready");
            log.Append(RecordKind.Sent, "änna", "AT\r\n"u8);
        }

        using var again = Open();
        again.Append(RecordKind.Received, null, "OK"u8);
        var events = again.Read(0, 10);
        Assert.Equal([(1L, "state", null, "ready", null), (2, "sent", "änna", null, "AT\r\n"), (3, "received", null, null, "OK")],
            events.Select(happened => (happened.Sequence, happened.Kind, happened.By, happened.Text, happened.Data is { } data ? Encoding.ASCII.GetString(data) : null)));
        Assert.Equal("received", Assert.Single(again.Read(2, 10)).Kind);
    }

    [Fact]
    public void Bytes_that_follow_each_other_are_read_as_one_and_those_of_another_person_are_not()
    {
        using var log = Open();
        foreach (var by in new[] { "anna", "anna", "ben" })
            log.Append(RecordKind.Sent, by, "x"u8);
        Assert.Equal([(2L, 2), (3, 1)], log.Read(0, 10).Select(happened => (happened.Sequence, happened.Data!.Length)));
    }

    [Fact]
    public void It_stays_within_its_quota_and_says_what_is_gone()
    {
        using var log = Open();
        for (var count = 0; count < 5 * 1024; count++)
            log.Append(RecordKind.Received, null, new byte[4096]);

        Assert.InRange(FolderBytes(), Quota / 2, Quota * 5 / 4);
        Assert.InRange(log.First, 2, log.Last);
        var events = ReadAll(log, 0);
        Assert.Equal(("skipped", log.First - 1), (events[0].Kind, events[0].Sequence));
        Assert.Equal((log.Last - log.First + 1) * 4096, events.Skip(1).Sum(happened => (long)happened.Data!.Length));
    }

    [Fact]
    public void A_page_has_a_mebibyte_and_the_next_goes_on_where_it_ended()
    {
        using var log = Open();
        for (var count = 0; count < 100; count++)
            log.Append(RecordKind.Received, null, new byte[60_000]);

        var page = log.Read(0, 1000);

        Assert.InRange(page.Sum(happened => happened.Data!.Length), 1_000_000, 1_048_576 + 60_000);
        Assert.Equal(6_000_000, ReadAll(log, 0).Sum(happened => (long)happened.Data!.Length));
    }

    [Fact]
    public async Task A_watcher_that_never_reads_holds_up_nobody_and_is_skipped_ahead_with_a_mark()
    {
        using var log = Open();
        using var enough = new CancellationTokenSource(Eventually.Timeout);
        await using var slow = log.WatchAsync(0, () => true, admit: null, enough.Token).GetAsyncEnumerator(enough.Token);
        log.Append(RecordKind.Received, null, new byte[1]);
        Assert.True(await slow.MoveNextAsync());

        for (var count = 0; count < 2048; count++)
            log.Append(RecordKind.Received, null, new byte[4096]);

        var (bytes, skips) = (1L, 0);
        for (var sequence = 1L; sequence < log.Last;)
        {
            Assert.True(await slow.MoveNextAsync());
            foreach (var happened in slow.Current)
            {
                bytes += happened.Kind == "skipped" ? (happened.Sequence - sequence) * 4096 : happened.Data!.Length;
                skips += happened.Kind == "skipped" ? 1 : 0;
                sequence = happened.Sequence;
            }
        }

        Assert.InRange(skips, 1, 2);
        Assert.Equal(1 + (2048 * 4096L), bytes);
    }

    [Fact]
    public async Task Watchers_that_come_back_miss_nothing_while_the_log_rotates()
    {
        using var log = Open();
        var (sent, read) = (3 * 1024 * 1024, 0L);
        var producing = Task.Run(() =>
        {
            for (var count = 0; count < sent / 64; count++)
            {
                // Who is further behind than this is skipped ahead, which is another test's.
                SpinWait.SpinUntil(() => (count * 64) - Volatile.Read(ref read) < 512 * 1024);
                log.Append(RecordKind.Received, null, BitConverter.GetBytes((long)count).Concat(new byte[56]).ToArray());
            }
        }, TestContext.Current.CancellationToken);

        var (after, seen) = (0L, 0L);
        while (seen < sent)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var batches = 0;
            await foreach (var batch in log.WatchAsync(after, () => true, admit: null, enough.Token))
            {
                foreach (var happened in batch)
                {
                    Assert.Equal("received", happened.Kind);
                    Assert.Equal(seen / 64, BitConverter.ToInt64(happened.Data));
                    (after, seen) = (happened.Sequence, seen + happened.Data!.Length);
                }

                Volatile.Write(ref read, seen);
                if (++batches == 7 || seen == sent)
                    break;
            }
        }

        await producing;
        Assert.Equal(sent, seen);
    }

    [Fact]
    public void Numbers_that_it_does_not_have_are_refused()
    {
        using var log = Open();
        foreach (var after in new[] { -1L, 1 })
        {
            Assert.Equal("devices.after_invalid", Assert.Throws<DomainException>(() => log.Read(after, 1)).Error.Code);
            Assert.Equal("devices.after_invalid", Assert.Throws<DomainException>(() => log.WatchAsync(after, () => true, admit: null, CancellationToken.None)).Error.Code);
        }
    }

    [Fact]
    public void However_much_comes_at_once_it_stays_within_its_quota()
    {
        using var log = Open();
        for (var count = 0; count < 6; count++)
            log.Append(RecordKind.Received, null, new byte[2 * 1024 * 1024]);
        for (var count = 0; count < 1024; count++)
            log.Append(RecordKind.Received, "anna", new byte[1]);

        Assert.InRange(FolderBytes(), Quota / 2, Quota);
        var kept = ReadAll(log, log.First - 1);
        Assert.All(kept, happened => Assert.InRange(happened.Data!.Length, 1, 64 * 1024));
        Assert.Equal(log.Last, kept[^1].Sequence);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_damaged_part_is_set_aside_and_the_rest_goes_on_with_new_numbers(int damaged)
    {
        long last;
        using (var log = Open())
        {
            for (var count = 0; count < 600; count++)
                log.Append(RecordKind.Received, null, new byte[4096]);
            last = log.Last;
        }

        var files = Directory.GetFiles(_folder.Path).Order().ToList();
        Assert.Equal(3, files.Count);
        // As a power cut may leave it: the length is there, the bytes are not.
        File.WriteAllBytes(files[damaged], new byte[new FileInfo(files[damaged]).Length]);
        File.WriteAllText(Path.Combine(_folder.Path, "x.log"), "no log");

        using var again = Open();

        Assert.InRange(again.Last, last + 1, long.MaxValue);
        var events = ReadAll(again, 0);
        Assert.Equal([$"a part of the log could not be read, and is set aside as {Path.GetFileName(files[damaged])}.damaged", "a part of the log could not be read, and is set aside as x.log.damaged"],
            events.Where(happened => happened.Kind == "state").Select(happened => happened.Text));
        Assert.Contains(events, happened => happened.Kind == "skipped");
        Assert.InRange(events.Where(happened => happened.Kind == "received").Sum(happened => happened.Data!.Length), 300 * 4096, 520 * 4096);
        Assert.Equal(events.Select(happened => happened.Sequence), events.Select(happened => happened.Sequence).Order());

        using var enough = new CancellationTokenSource(Eventually.Timeout);
        var watched = 0L;
        await foreach (var batch in again.WatchAsync(0, () => true, admit: null, enough.Token))
        {
            if ((watched = batch[^1].Sequence) == again.Last)
                break;
        }

        Assert.Equal(again.Last, watched);
        Assert.True(File.Exists(files[damaged] + ".damaged"));
    }

    private static List<DeviceEvent> ReadAll(DeviceLog log, long after)
    {
        List<DeviceEvent> all = [];
        while (log.Read(all.Count > 0 ? all[^1].Sequence : after, int.MaxValue) is { Count: > 0 } page)
            all.AddRange(page);
        return all;
    }

    private DeviceLog Open() => new(_folder.Path, Quota, TimeProvider.System);

    private long FolderBytes() => Directory.EnumerateFiles(_folder.Path).Sum(file => new FileInfo(file).Length);
}
