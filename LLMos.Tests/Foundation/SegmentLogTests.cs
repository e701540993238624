using System.Buffers.Binary;
using System.Runtime.InteropServices;
using LLMos.Server.Foundation.Storage;

namespace LLMos.Tests.Foundation;

public sealed class SegmentLogTests
{
    private const int DiskBytes = 16 * 1024 * 1024;

    [Fact]
    public void Pages_are_read_back_before_and_after_they_are_durable()
    {
        var disk = new PowerCutDisk(DiskBytes);
        using var log = new SegmentLog(disk, disk.Sync, DiskBytes);
        // More than two segments' worth, so that a group spans several.
        Append(log, 0, 1100);
        AssertPages(log, 1100);
        log.Sync();
        Append(log, 1100, 3);
        AssertPages(log, 1103);
        log.Sync();

        AssertPages(log, 1103);
        AssertPages(new(disk, disk.Sync, DiskBytes), 1103);
    }

    [Fact]
    public void What_was_not_synced_is_discarded_and_its_place_used_again()
    {
        var disk = new PowerCutDisk(DiskBytes);
        using var log = new SegmentLog(disk, disk.Sync, DiskBytes);
        Append(log, 0, 5);
        log.Sync();
        Append(log, 500, 700);
        log.Discard();

        AssertPages(log, 5);
        Append(log, 5, 2);
        log.Sync();
        AssertPages(new(disk, disk.Sync, DiskBytes), 7);
    }

    [Fact]
    public void A_group_that_failed_to_sync_never_returns_behind_the_one_that_took_its_place()
    {
        var disk = new PowerCutDisk(DiskBytes);
        var fails = false;
        using var log = new SegmentLog(disk, () =>
        {
            if (fails)
                throw new IOException("no");
            disk.Sync();
        }, DiskBytes);
        Append(log, 0, 5);
        log.Sync();

        // Two segments of which the first is as long as the group that replaces it.
        fails = true;
        Append(log, 9000, 600);
        Assert.Throws<IOException>(log.Sync);
        log.Discard();
        fails = false;
        Append(log, 5, 512);
        log.Sync();

        AssertPages(new(disk, disk.Sync, DiskBytes), 517);
    }

    [Fact]
    public void After_a_restart_nothing_of_the_round_before_is_found()
    {
        var disk = new PowerCutDisk(DiskBytes);
        using var log = new SegmentLog(disk, disk.Sync, DiskBytes);
        for (var group = 0; group < 20; group++)
        {
            Append(log, group * 3, 3);
            log.Sync();
        }

        log.Restart();
        Assert.Equal(0, log.Pages);
        Append(log, 0, 3);
        log.Sync();

        AssertPages(new(disk, disk.Sync, DiskBytes), 3);
        log.Erase();
        Assert.Equal(0, new SegmentLog(disk, disk.Sync, DiskBytes).Pages);
    }

    [Fact]
    public void A_disk_that_had_to_grow_is_cut_back_at_the_restart()
    {
        using var disk = new MemoryStream();
        disk.SetLength(64 * 1024);
        using var log = new SegmentLog(disk, () => { }, 64 * 1024);
        Append(log, 0, 100);
        log.Sync();
        Assert.InRange(disk.Length, 100 * SegmentHeader.PageBytes, long.MaxValue);

        log.Restart();

        Assert.Equal(64 * 1024, disk.Length);
    }

    [Fact]
    public void Any_byte_that_changed_ends_the_log_before_its_group()
    {
        var disk = new PowerCutDisk(DiskBytes);
        var log = new SegmentLog(disk, disk.Sync, DiskBytes);
        Append(log, 0, 2);
        log.Sync();
        Append(log, 2, 2);
        log.Sync();
        var second = LogRound.Bytes + SegmentHeader.Bytes + (2 * SegmentHeader.PageBytes);

        // The rest of the header's block means nothing.
        foreach (var at in Enumerable.Range(0, 48).Concat(Enumerable.Range(0, 128).Select(n => SegmentHeader.Bytes + (n * 128))))
        {
            disk.GetBuffer()[second + at] ^= 4;
            AssertPages(new(disk, disk.Sync, DiskBytes), 2);
            disk.GetBuffer()[second + at] ^= 4;
        }

        AssertPages(new(disk, disk.Sync, DiskBytes), 4);
    }

    [Fact]
    public void What_was_acknowledged_and_cannot_be_read_is_told_by_its_place_and_number()
    {
        var disk = new PowerCutDisk(DiskBytes);
        var log = new SegmentLog(disk, disk.Sync, DiskBytes);
        var ends = new List<int> { LogRound.Bytes };
        foreach (var pages in (int[])[1, 3, 600, 2, 1])
        {
            Append(log, 0, pages);
            log.Sync();
            ends.Add(ends[^1] + ((pages + SegmentHeader.MaxPages - 1) / SegmentHeader.MaxPages * SegmentHeader.Bytes) + (pages * SegmentHeader.PageBytes));
        }

        // Any part of any group, its head or its pages, one byte or all of it.
        foreach (var (group, at, length) in ((int, int, int)[])[(0, 0, 1), (0, 44, 1), (1, 20, 1), (1, 9000, 300), (2, 30, 1), (2, 600 * SegmentHeader.PageBytes, 1), (3, 5000, 1), (0, 0, 4096), (1, 0, 30_000)])
        {
            var bytes = disk.GetBuffer().AsSpan(ends[group] + at, length);
            var whole = bytes.ToArray();
            if (length < 4096)
                bytes[0] ^= 1;
            else
                bytes.Clear();

            var found = new SegmentLog(disk, disk.Sync, DiskBytes).Damage;

            Assert.Equal(new LogDamage(ends[group], 4 - group), found);
            whole.CopyTo(bytes);
        }

        // Of the last nothing tells whether it was acknowledged: that is what a power cut leaves.
        disk.GetBuffer()[ends[4] + 100] ^= 1;
        Assert.Null(new SegmentLog(disk, disk.Sync, DiskBytes).Damage);
    }

    [Fact]
    public void What_an_earlier_round_left_or_a_group_that_failed_is_no_damage()
    {
        var disk = new PowerCutDisk(DiskBytes);
        var fails = false;
        using var log = new SegmentLog(disk, () =>
        {
            if (fails)
                throw new IOException("no");
            disk.Sync();
        }, DiskBytes);
        foreach (var pages in (int[])[1, 700, 20, 3])
        {
            Append(log, 0, pages);
            log.Sync();
        }

        log.Restart();
        AssertNoDamage();
        Append(log, 0, 2);
        log.Sync();
        AssertNoDamage();
        fails = true;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Append(log, 2, 1100 - (attempt * 300));
            Assert.Throws<IOException>(log.Sync);
            log.Discard();
            AssertNoDamage(acknowledged: 2);
            // Its beginning did not reach the disk, its later segments did.
            disk.GetBuffer()[LogRound.Bytes + SegmentHeader.Bytes + (2 * SegmentHeader.PageBytes) + 10] ^= 1;
            AssertNoDamage(acknowledged: 2);
        }

        fails = false;
        Append(log, 2, 1);
        log.Sync();
        AssertPages(new(disk, disk.Sync, DiskBytes), 3);
        AssertNoDamage();

        void AssertNoDamage(int acknowledged = 0)
        {
            var found = new SegmentLog(disk, disk.Sync, DiskBytes);
            Assert.Null(found.Damage);
            Assert.InRange(found.Pages, acknowledged, long.MaxValue);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_power_cut_keeps_every_synced_group_and_no_part_of_another(bool inOrder)
    {
        const int Images = 300;
        var random = new Random(inOrder ? 17 : 42);
        var disk = new PowerCutDisk(DiskBytes);
        var log = new SegmentLog(disk, disk.Sync, DiskBytes);
        // Of each page its content, from the last restart on; and where groups ended.
        var groups = new List<List<int>>();
        var next = 0;

        for (var image = 0; image < Images; image++)
        {
            // Some ordinary life: groups of all sizes, now and then a checkpoint.
            for (var step = random.Next(1, 8); step > 0; step--)
            {
                if (random.Next(6) == 0 || log.Pages > 700)
                {
                    log.Restart();
                    groups.Clear();
                }

                groups.Add(Group());
                log.Sync();
            }

            // The power fails while another group is written, sometimes the first one after a checkpoint.
            var before = groups.SelectMany(group => group).ToList();
            var syncsBeforeTheCut = 0;
            if (random.Next(3) == 0)
            {
                log.Restart();
                groups.Clear();
                syncsBeforeTheCut = random.Next(2);
            }

            var hidden = syncsBeforeTheCut > 0;
            var durable = groups.SelectMany(group => group).ToList();
            var torn = Group();
            disk.BeforeSync = () =>
            {
                if (syncsBeforeTheCut-- == 0)
                    throw new IOException("the power is gone");
            };
            Assert.Throws<IOException>(log.Sync);
            disk.BeforeSync = null;
            disk.Cut(random, inOrder);
            var found = new SegmentLog(disk, disk.Sync, DiskBytes);

            Assert.Null(found.Damage);
            var kept = Content(found);
            // The torn group may have made it. After a checkpoint the whole round before may still show: the database file
            // has it, so that changes nothing, but a part of it would bring old pages back.
            Assert.True(
                kept.SequenceEqual(durable) || kept.SequenceEqual(durable.Concat(torn)) || (durable.Count == 0 && !hidden && kept.SequenceEqual(before)),
                $"image {image}: {kept.Count} pages found, {durable.Count} durable, {torn.Count} torn");

            // Life goes on with what survived.
            log = found;
            groups = [kept];
        }

        List<int> Group()
        {
            var pages = random.Next(20) == 0 ? random.Next(500, 600) : random.Next(1, 9);
            var numbers = Enumerable.Range(next, pages).ToList();
            Append(log, next, pages);
            next += pages;
            return numbers;
        }
    }

    private static void Append(SegmentLog log, int first, int count)
    {
        for (var number = first; number < first + count; number++)
            log.Append(Page(number));
    }

    private static void AssertPages(SegmentLog log, int count) => Assert.Equal(Enumerable.Range(0, count), Content(log));

    private static List<int> Content(SegmentLog log)
    {
        var numbers = new List<int>();
        var page = new byte[SegmentHeader.PageBytes];
        for (var at = 0L; at < log.Pages; at++)
        {
            log.Read(at, page);
            var number = BinaryPrimitives.ReadInt32LittleEndian(page);
            Assert.True(page.AsSpan().SequenceEqual(Page(number)), $"page {at} is torn");
            numbers.Add(number);
        }

        return numbers;
    }

    private static byte[] Page(int number)
    {
        var page = new byte[SegmentHeader.PageBytes];
        var words = MemoryMarshal.Cast<byte, ulong>(page.AsSpan());
        for (var at = 0; at < words.Length; at++)
            words[at] = (ulong)(number + 1) * 0x9E3779B97F4A7C15 + (ulong)at * 0xC2B2AE3D27D4EB4F;
        BinaryPrimitives.WriteInt32LittleEndian(page, number);
        return page;
    }
}
