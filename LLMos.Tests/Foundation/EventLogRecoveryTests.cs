using LLMos.Server.Foundation.Streams;
using LLMos.Tests.Hosting;
using static LLMos.Tests.Foundation.LogPayloads;

namespace LLMos.Tests.Foundation;

public sealed class EventLogRecoveryTests : IDisposable
{
    private static readonly EventLogOptions Defaults = new();

    // Small enough that a few entries go through every layer: memory, the index, the file.
    private static readonly EventLogOptions Small = new() { TailBytes = 1024, MaxBatchBytes = 512, MaxEntryBytes = 200_000 };

    private readonly TemporaryFolder _folder = new();

    private string LogPath => _folder["run.log"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_log_cut_off_at_any_byte_of_its_last_record_ends_before_it_and_goes_on()
    {
        using (var whole = EventLog.Create(LogPath, Small))
        {
            whole.Append("first"u8);
            whole.Append("second"u8);
        }

        var kept = new FileInfo(LogPath).Length;
        using (var whole = EventLog.Open(LogPath, Small))
            whole.Append("the last one"u8);
        var bytes = File.ReadAllBytes(LogPath);

        for (var cut = (int)kept; cut < bytes.Length; cut++)
        {
            var path = _folder[$"cut-{cut}"];
            File.WriteAllBytes(path, bytes[..cut]);
            AssertEndsAfterSecond(path);

            // A crash may also leave the length and lose the bytes, or some of them.
            File.WriteAllBytes(path, [.. bytes[..cut], .. new byte[bytes.Length - cut]]);
            AssertEndsAfterSecond(path);

            var flipped = bytes.ToArray();
            flipped[cut] ^= 0x10;
            File.WriteAllBytes(path, flipped);
            AssertEndsAfterSecond(path);
        }

        void AssertEndsAfterSecond(string path)
        {
            using (var log = EventLog.Open(path, Small))
            {
                Assert.False(log.IsCompleted);
                Assert.Equal(["first", "second"], log.Read(0, 10, 1000).Select(Text));
                Assert.Equal(3, log.Append("other"u8));
            }

            using var again = EventLog.Open(path, Small);
            Assert.Equal(["first", "second", "other"], again.Read(0, 10, 1000).Select(Text));
        }
    }

    [Fact]
    public void A_log_cut_off_inside_its_header_is_empty_and_goes_on()
    {
        EventLog.Create(LogPath, Defaults).Dispose();
        var header = File.ReadAllBytes(LogPath);

        for (var cut = 0; cut < header.Length; cut++)
        {
            File.WriteAllBytes(LogPath, header[..cut]);
            using (var log = EventLog.Open(LogPath, Defaults))
            {
                Assert.Equal(0, log.LastSequence);
                log.Append("first"u8);
            }

            using var again = EventLog.Open(LogPath, Defaults);
            Assert.Equal("first", Text(again.Read(0, 10, 100).Single()));
        }
    }

    [Fact]
    public void A_file_that_is_no_log_is_refused_and_left_alone()
    {
        File.WriteAllText(LogPath, "a poem, and not a short one");

        AssertRefused("log.damaged", () => EventLog.Open(LogPath, Defaults));
        Assert.Equal("a poem, and not a short one", File.ReadAllText(LogPath));
    }

    [Fact]
    public void Opening_changes_nothing_so_a_live_log_may_be_looked_at()
    {
        using var live = EventLog.Create(LogPath, Defaults);
        live.Append("one"u8);
        File.AppendAllText(LogPath, "half a rec");
        var before = File.ReadAllBytes(LogPath);

        using (var other = EventLog.Open(LogPath, Defaults))
            Assert.Equal("one", Text(other.Read(0, 10, 100).Single()));

        Assert.Equal(before, File.ReadAllBytes(LogPath));
    }

    [Fact]
    public void A_completed_log_says_so_when_it_is_opened_and_takes_no_more()
    {
        using (var log = EventLog.Create(LogPath, Defaults))
        {
            log.Append("one"u8);
            log.Append("two"u8);
            log.Complete();
            log.Complete();
            Assert.True(log.IsCompleted);
            Assert.Throws<InvalidOperationException>(() => log.Append("three"u8));
        }

        using var opened = EventLog.Open(LogPath, Defaults);
        Assert.True(opened.IsCompleted);
        Assert.Equal(2, opened.LastSequence);
        Assert.Equal(6, opened.Bytes);
        Assert.Equal(["one", "two"], opened.Read(0, 10, 100).Select(Text));
    }

    [Fact]
    public void A_completed_log_that_lost_its_end_is_not_completed()
    {
        using (var log = EventLog.Create(LogPath, Defaults))
        {
            log.Append("one"u8);
            log.Append("two"u8);
            log.Complete();
        }

        using (var file = File.OpenWrite(LogPath))
            file.SetLength(file.Length - 1);

        using (var opened = EventLog.Open(LogPath, Defaults))
        {
            Assert.False(opened.IsCompleted);
            Assert.Equal(2, opened.Append("six"u8));
        }

        // As long as before, and the old totals in the header must not count again.
        using var again = EventLog.Open(LogPath, Defaults);
        Assert.False(again.IsCompleted);
        Assert.Equal(["one", "six"], again.Read(0, 10, 100).Select(Text));
    }

    [Fact]
    public void Bytes_that_were_changed_on_disk_are_reported_and_not_delivered()
    {
        using (var log = EventLog.Create(LogPath, Defaults))
        {
            log.Append("one"u8);
            log.Append("two"u8);
            log.Complete();
        }

        var bytes = File.ReadAllBytes(LogPath);
        bytes[^1] ^= 1;
        File.WriteAllBytes(LogPath, bytes);

        using var opened = EventLog.Open(LogPath, Defaults);
        Assert.Equal("one", Text(opened.Read(0, 1, 100).Single()));
        AssertRefused("log.damaged", () => opened.Read(1, 1, 100));
    }

    [Fact]
    public void A_full_disk_refuses_the_entry_and_takes_later_ones()
    {
        for (var room = 0; room < 13; room++)
        {
            var disk = new FailingDisk();
            var path = _folder[$"full-{room}"];
            using (var log = EventLog.Create(path, disk.Options(Small)))
            {
                log.Append("one"u8);
                disk.Room = room;
                AssertRefused("storage.full", () => log.Append("two!!"u8));
                disk.Room = room;
                AssertRefused("storage.full", () => log.Append(new byte[5000]));

                disk.Room = long.MaxValue;
                Assert.Equal(2, log.Append("2"u8));
                Assert.Equal(["one", "2"], log.Read(0, 10, 100).Select(Text));
                log.Complete();
            }

            using var again = EventLog.Open(path, Small);
            Assert.True(again.IsCompleted, "something was left behind the last record");
            Assert.Equal(["one", "2"], again.Read(0, 10, 100).Select(Text));
        }
    }

    [Fact]
    public void A_failing_disk_is_an_IOException_and_the_log_stays_as_it_was()
    {
        var disk = new FailingDisk { Error = FailingDisk.InputOutput };
        using var log = EventLog.Create(LogPath, disk.Options(Small));
        log.Append("one"u8);

        disk.Room = 3;
        Assert.Throws<IOException>(() => log.Append("two"u8));

        Assert.Equal(1, log.LastSequence);
        Assert.Equal("one", Text(log.Read(0, 10, 100).Single()));
    }

    [Fact]
    public async Task Completing_on_a_full_disk_still_ends_the_readers()
    {
        var disk = new FailingDisk();
        using var log = EventLog.Create(LogPath, disk.Options(Small));
        log.Append("one"u8);
        disk.Room = 0;

        log.Complete();

        Assert.Single(await log.ReadAsync(0, Cancellation).ToListAsync(Cancellation));
        using var opened = EventLog.Open(LogPath, Small);
        Assert.Equal(1, opened.LastSequence);
    }

    [Fact]
    public void A_disk_too_full_for_a_log_leaves_no_file()
    {
        var disk = new FailingDisk { Room = 10 };

        AssertRefused("storage.full", () => EventLog.Create(LogPath, disk.Options(Small)));
        Assert.False(File.Exists(LogPath));
    }

    [Fact]
    public void A_really_full_file_system_refuses_the_entry_and_keeps_the_rest()
    {
        using var disk = SmallDisk.TryMount(_folder["disk"], megabytes: 1);
        Assert.SkipWhen(disk is null, "mounting a small tmpfs needs privileges");

        var path = Path.Combine(disk.Path, "run.log");
        using var log = EventLog.Create(path, Defaults);
        var last = 0L;
        AssertRefused("storage.full", () =>
        {
            for (var n = 0; n < 1000; n++)
                last = log.Append(Payload(n + 1, 5000));
        });

        Assert.InRange(last, 150, 220);
        Assert.Equal(last, log.LastSequence);
        Assert.Equal(last + 1, log.Append("small"u8));
        log.Complete();
        using var opened = EventLog.Open(path, Defaults);
        var read = opened.Read(0, 1000, int.MaxValue);
        Assert.Equal(last + 1, read.Count);
        Assert.All(read.SkipLast(1), entry => AssertPayload(entry, 5000));
    }
}
