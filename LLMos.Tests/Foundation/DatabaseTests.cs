using System.Buffers.Binary;
using System.IO.Hashing;
using LLMos.Tests.Hosting;
using LiteDB;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Foundation;

public sealed class DatabaseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string DatabaseFile => _folder["llmos.db"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_written_is_there_after_the_next_start()
    {
        using (var database = Open())
        {
            await database.WriteAsync(documents =>
            {
                for (var id = 0; id < 500; id++)
                    documents.Put("things", Thing(id, $"thing {id}"));
            });
            // The same again leaves it as it is and is acknowledged all the same; so is a change that changes nothing.
            await database.WriteAsync(documents => documents.Put("things", Thing(7, "thing 7")));
            await database.WriteAsync(documents => Assert.False(documents.Delete("things", 501)));
            await database.WriteAsync(_ => { });
            await database.WriteAsync(documents => Assert.True(documents.Delete("things", 8)));
        }

        using var again = Open();
        Assert.Equal(499, again.Read(documents => documents.All("things").Count));
        Assert.Equal("thing 7", NameOf(again, 7));
        Assert.Null(NameOf(again, 8));
        Assert.Equal([9, 10, 11], again.Read(documents => documents.Between("things", 8, 100, limit: 3).Select(thing => thing["_id"].AsInt32)));
        Assert.Empty(again.Read(documents => documents.All("nothing")));
    }

    [Fact]
    public async Task A_stopped_server_leaves_all_of_it_in_the_database_file()
    {
        using (var database = Open())
            await database.WriteAsync(documents => documents.Put("things", Thing(1, "one")));

        ChangeLogFile.Make(_folder["llmos.wal"], 1024 * 1024);

        using var again = Open();
        Assert.Equal("one", NameOf(again, 1));
        // As long as it should be.
        Assert.Equal(16 * 1024 * 1024, new FileInfo(_folder["llmos.wal"]).Length);
    }

    [Fact]
    public void A_missing_database_is_not_replaced_by_an_empty_one()
    {
        foreach (var trace in (string[])["llmos.wal", "contents/ab/ab01", "restore-incoming/llmos.db"])
        {
            using var folder = new TemporaryFolder();
            Directory.CreateDirectory(Path.GetDirectoryName(folder[trace])!);
            File.WriteAllText(folder[trace], "some");

            var refusal = AssertRefused("storage.damaged", () => new(OptionsFor(folder.Path)));

            Assert.Contains("Put it back, or restore a backup", refusal.Detail, StringComparison.Ordinal);
            Assert.Equal("some", File.ReadAllText(folder[trace]));
            Assert.False(File.Exists(folder["llmos.db"]));
        }
    }

    [Fact]
    public void Who_was_killed_while_making_the_first_database_makes_it_at_the_next_start()
    {
        ChangeLogFile.Make(_folder["llmos.wal"], 1024 * 1024);
        File.WriteAllText(_folder["llmos.db.new"], "half");

        using var database = Open();

        Assert.Null(NameOf(database, 1));
        Assert.False(File.Exists(_folder["llmos.db.new"]));
    }

    [Fact]
    public async Task A_change_log_that_was_cut_or_removed_is_refused_and_left_alone()
    {
        using var copy = new TemporaryFolder();
        using (var database = Open())
        {
            await database.WriteAsync(documents => documents.Put("things", Thing(1, new string('x', 100_000))));
            // What a kill would leave.
            File.Copy(DatabaseFile, copy["llmos.db"]);
            File.Copy(_folder["llmos.wal"], copy["llmos.wal"]);
        }

        var whole = File.ReadAllBytes(copy["llmos.wal"]);
        foreach (var length in (int[])[0, 100, 4096, 8192, 20_000, 200_000, whole.Length - 4096, whole.Length - 1])
        {
            File.WriteAllBytes(copy["llmos.wal"], whole[..length]);

            var refusal = AssertRefused("storage.damaged", () => new(OptionsFor(copy.Path)));

            Assert.Contains("llmos.wal", refusal.Detail, StringComparison.Ordinal);
            Assert.Equal(length, new FileInfo(copy["llmos.wal"]).Length);
        }

        File.Delete(copy["llmos.wal"]);
        Assert.Contains("missing", AssertRefused("storage.damaged", () => new(OptionsFor(copy.Path))).Detail, StringComparison.Ordinal);
        Assert.False(File.Exists(copy["llmos.wal"]));
        File.WriteAllBytes(copy["llmos.wal"], whole);
        using var again = new Database(OptionsFor(copy.Path));
        Assert.Equal(100_000, NameOf(again, 1)!.Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_log_of_an_earlier_version_or_another_size_is_read_and_then_made_anew(bool hasFirstBlock)
    {
        using var copy = new TemporaryFolder();
        using (var database = Open())
        {
            await database.WriteAsync(documents => documents.Put("things", Thing(1, "one")));
            File.Copy(DatabaseFile, copy["llmos.db"]);
            File.WriteAllBytes(copy["llmos.wal"], FormerLog(File.ReadAllBytes(_folder["llmos.wal"]), hasFirstBlock));
        }

        foreach (var megabytes in (int[])[8, 8, 1, 2])
        {
            using (var again = new Database(Options.Create(new StorageOptions { Path = copy.Path, CheckpointMegabytes = megabytes })))
                Assert.Equal("one", NameOf(again, 1));
        }

        Assert.Equal(4 * 1024 * 1024, new FileInfo(copy["llmos.wal"]).Length);
    }

    /// <summary>A change log as earlier versions wrote it: groups without numbers, no rounds, and at first no block before them.</summary>
    private static byte[] FormerLog(byte[] log, bool hasFirstBlock)
    {
        var former = new byte[log.Length];
        "LLMosLg1"u8.CopyTo(former);
        log.AsSpan(8, 8).CopyTo(former.AsSpan(8));
        var (from, to, previous) = (SegmentHeader.Bytes + LogRound.Bytes, SegmentHeader.Bytes, 7UL);
        while (SegmentHeader.TryRead(log.AsSpan(from), out var header))
        {
            var length = SegmentHeader.Bytes + (header.Pages * SegmentHeader.PageBytes);
            var segment = former.AsSpan(to, length);
            log.AsSpan(from, length).CopyTo(segment);
            segment[..SegmentHeader.Bytes].Clear();
            "LLMosSg1"u8.CopyTo(segment);
            BinaryPrimitives.WriteUInt64LittleEndian(segment[8..], previous);
            BinaryPrimitives.WriteInt32LittleEndian(segment[16..], header.Pages);
            BinaryPrimitives.WriteInt32LittleEndian(segment[20..], header.EndsGroup ? 1 : 0);
            var hash = new XxHash3();
            hash.Append(segment[..24]);
            hash.Append(segment[SegmentHeader.Bytes..]);
            previous = hash.GetCurrentHashAsUInt64();
            BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], previous);
            (from, to) = (from + length, to + length);
        }

        return hasFirstBlock ? former : former[SegmentHeader.Bytes..];
    }

    [Fact]
    public async Task Collections_of_the_slices_are_there_from_the_start()
    {
        using var database = new Database(OptionsFor(), [new("accounts"), new("tokens")]);

        Assert.Empty(database.Read(documents => documents.All("accounts")));
        await database.WriteAsync(documents => documents.Put("tokens", Thing(0, "first")));
    }

    [Fact]
    public async Task One_bad_change_of_a_group_fails_alone()
    {
        using var database = Open();
        var random = new Random(3);
        var changes = Enumerable.Range(1, 400).Select(id => (Id: id, Kind: random.Next(7))).ToList();
        await database.WriteAsync(documents => documents.Put("things", Thing(0, "first")));

        var writes = changes.Select(change => database.WriteAsync(documents =>
        {
            switch (change.Kind)
            {
                case 0:
                    // Refused before it changed anything.
                    throw new DomainException(new(ErrorKind.Conflict, "thing.exists", "It is there."));
                case 1:
                    documents.Put("things", Thing(change.Id, "half"));
                    throw new InvalidOperationException("changed its mind");
                case 2:
                    // LiteDB refuses a key that long, after which it has rolled everything back.
                    documents.Put("things", new BsonDocument { ["_id"] = new string('k', 2000) });
                    break;
                case 3:
                    // So it does with one that is there already.
                    documents.Add("things", Thing(0, "again"));
                    break;
                case 4:
                    documents.Add("things", Thing(change.Id, "whole"));
                    break;
                default:
                    documents.Put("things", Thing(change.Id, "whole"));
                    break;
            }
        })).ToList();

        for (var at = 0; at < changes.Count; at++)
        {
            var failure = await Record.ExceptionAsync(() => writes[at]);
            Assert.IsType(changes[at].Kind switch { 0 => typeof(DomainException), 1 => typeof(InvalidOperationException), 2 or 3 => typeof(LiteException), _ => typeof(object) }, failure ?? new object());
        }

        var whole = changes.Where(change => change.Kind > 3).Select(change => change.Id).Prepend(0);
        Assert.Equal("first", NameOf(database, 0));
        Assert.Equal(whole, database.Read(documents => documents.All("things")).Select(thing => thing["_id"].AsInt32));
    }

    [Fact]
    public async Task A_change_that_hides_the_databases_error_fails_alone_too()
    {
        using var database = Open();
        var writes = Enumerable.Range(0, 20).Select(id => database.WriteAsync(documents =>
        {
            documents.Put("things", Thing(id, "whole"));
            if (id == 10)
                Record.Exception(() => documents.Put("things", new BsonDocument { ["_id"] = new string('k', 2000) }));
        })).ToList();

        await Assert.ThrowsAsync<InvalidOperationException>(() => writes[10]);
        writes.RemoveAt(10);
        await Task.WhenAll(writes);
        Assert.Equal(Enumerable.Range(0, 20).Except([10]), database.Read(documents => documents.All("things")).Select(thing => thing["_id"].AsInt32));
    }

    [Fact]
    public async Task Sixteen_writers_and_eight_readers_get_along()
    {
        using var database = Open(checkpointMegabytes: 1);
        var until = TimeProvider.System.GetTimestamp();
        bool Going() => TimeProvider.System.GetElapsedTime(until) < TimeSpan.FromSeconds(3);

        var writers = Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            var count = 0;
            for (; Going(); count++)
            {
                var number = count;
                await database.WriteAsync(documents =>
                {
                    // Two documents that are always alike.
                    documents.Put("left", Thing((writer * 100) + (number % 50), $"{number}{new string('x', number % 3000)}"));
                    documents.Put("right", Thing((writer * 100) + (number % 50), $"{number}{new string('x', number % 3000)}"));
                });
            }

            return count;
        }, Cancellation)).ToArray();
        // On threads of their own: eight of the pool's would leave none for the writers to go on with.
        var readers = Enumerable.Range(0, 8).Select(reader => Task.Factory.StartNew(() =>
        {
            var random = new Random(reader);
            var count = 0;
            for (; Going(); count++)
            {
                var id = (random.Next(16) * 100) + random.Next(50);
                var (left, right) = database.Read(documents => (documents.Find("left", id), documents.Find("right", id)));
                Assert.Equal(left?["name"].AsString, right?["name"].AsString);
                if (count % 500 == 0)
                    Assert.InRange(database.Read(documents => documents.Between("left", 0, 5000, 10_000)).Count, 0, 800);
            }

            return count;
        }, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();

        var written = await Task.WhenAll(writers);
        var read = await Task.WhenAll(readers);
        TestContext.Current.TestOutputHelper?.WriteLine($"{written.Sum()} writes, {read.Sum()} reads");
        Assert.All(written, count => Assert.InRange(count, 10, int.MaxValue));
        Assert.All(read, count => Assert.InRange(count, 10, int.MaxValue));
        for (var writer = 0; writer < 16; writer++)
            Assert.StartsWith($"{written[writer] - 1}", database.Read(documents => documents.Find("left", (writer * 100) + ((written[writer] - 1) % 50)))!["name"].AsString, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_server_on_the_same_folder_is_refused()
    {
        using var first = Open();

        var refusal = AssertRefused("storage.in_use", () => Open());

        Assert.Contains(_folder.Path, refusal.Detail, StringComparison.Ordinal);
        Assert.True(first.Read(_ => true));
    }

    [Fact]
    public void A_folder_that_cannot_be_one_is_refused()
    {
        File.WriteAllText(_folder["file"], "");

        AssertRefused("storage.unusable", () => new Database(OptionsFor(Path.Combine(_folder["file"], "data"))));
    }

    [Fact]
    public void A_newer_schema_is_refused_and_left_alone()
    {
        using (Open(new([_ => { }, _ => { }])))
        {
        }

        var before = File.ReadAllBytes(DatabaseFile);

        var refusal = AssertRefused("storage.newer_schema", () => Open(new([])));

        Assert.Contains("schema 3; this one knows up to 1", refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(DatabaseFile));
    }

    [Fact]
    public async Task An_older_schema_is_brought_forward_once_and_kept_beside()
    {
        using (var database = Open(new([])))
            await database.WriteAsync(documents => documents.Put("things", Thing(1, "one")));
        var steps = 0;
        SchemaMigrations migrations = new([documents =>
        {
            steps++;
            documents.Put("things", Thing(1, "ONE"));
        }]);

        using (var database = Open(migrations))
            Assert.Equal("ONE", NameOf(database, 1));
        using (var database = Open(migrations))
            Assert.Equal("ONE", NameOf(database, 1));

        Assert.Equal(1, steps);
        File.Move(_folder["llmos.db.schema-1"], DatabaseFile, overwrite: true);
        using var old = Open(new([]));
        Assert.Equal("one", NameOf(old, 1));
    }

    [Fact]
    public async Task A_damaged_database_is_refused_and_left_alone()
    {
        using (var database = Open())
            await database.WriteAsync(documents => documents.Put("things", Thing(1, new string('x', 100_000))));
        var whole = File.ReadAllBytes(DatabaseFile);

        byte[][] damages =
        [
            [],
            "a poem, and not a short one"u8.ToArray(),
            new byte[whole.Length],
            whole[..100],
            whole[..8192],
            whole[..(whole.Length / 2)],
            whole[..^1],
            whole[..^8192],
        ];
        foreach (var damage in damages)
        {
            File.WriteAllBytes(DatabaseFile, damage);

            AssertRefused("storage.damaged", () => Open());

            Assert.Equal(damage, File.ReadAllBytes(DatabaseFile));
        }

        File.WriteAllBytes(DatabaseFile, whole);
        using var again = Open();
        Assert.Equal(100_000, NameOf(again, 1)!.Length);
    }

    [Fact]
    public async Task A_full_disk_refuses_changes_and_takes_them_again_when_there_is_room()
    {
        // 2 MB of change log, the database, and little else.
        using var disk = SmallDisk.TryMount(_folder["disk"], megabytes: 6);
        Assert.SkipWhen(disk is null, "mounting a small tmpfs needs privileges");
        var acknowledged = 0;
        using (var database = new Database(new StorageOptions { Path = disk.Path, CheckpointMegabytes = 1 }, [], NullLogger.Instance, SchemaMigrations.Known))
        {
            var refusal = await Record.ExceptionAsync(async () =>
            {
                for (; acknowledged < 2000; acknowledged++)
                    await database.WriteAsync(documents => documents.Put("things", Thing(acknowledged, new string('x', 10_000))));
            });
            Assert.Equal("storage.full", Assert.IsType<DomainException>(refusal).Error.Code);
            Assert.InRange(acknowledged, 50, 1000);
            Assert.Equal(acknowledged, database.Read(documents => documents.All("things").Count));

            // Room again: a bigger disk.
            disk.Resize(megabytes: 40);
            for (var id = acknowledged; id < acknowledged + 500; id++)
                await database.WriteAsync(documents => documents.Put("things", Thing(id, new string('y', 10_000))));
        }

        using var again = new Database(OptionsFor(disk.Path));
        Assert.Equal(acknowledged + 500, again.Read(documents => documents.All("things").Count));
    }

    [Fact]
    public async Task More_changes_than_may_wait_are_refused()
    {
        using var database = new Database(Options.Create(new StorageOptions { Path = _folder.Path, MaxWaitingChanges = 2 }));
        using var blocked = new ManualResetEventSlim();
        using var started = new SemaphoreSlim(0);
        var first = database.WriteAsync(_ =>
        {
            started.Release();
            blocked.Wait(Cancellation);
        });
        await started.WaitAsync(Cancellation);
        var others = new[] { database.WriteAsync(_ => { }), database.WriteAsync(_ => { }) };

        var refusal = await Assert.ThrowsAsync<DomainException>(() => database.WriteAsync(_ => { }));

        Assert.Equal(("storage.busy", ErrorKind.Busy), (refusal.Error.Code, refusal.Error.Kind));
        blocked.Set();
        await Task.WhenAll([first, .. others]);
    }

    [Fact]
    public async Task Documents_are_good_for_their_callback_only()
    {
        using var database = Open();
        Documents? kept = null;
        await database.WriteAsync(documents => kept = documents);

        Assert.Throws<InvalidOperationException>(() => kept!.Find("things", 1));
        Assert.Throws<InvalidOperationException>(() => database.Read(documents =>
        {
            documents.Put("things", Thing(1, "by a reader"));
            return true;
        }));
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync(_ => database.Read(_ => true)));
        Assert.Null(NameOf(database, 1));
    }

    [Fact]
    public async Task A_closed_database_says_so_after_it_has_finished_what_waited()
    {
        var database = Open();
        var writes = Enumerable.Range(0, 100).Select(id => database.WriteAsync(documents => documents.Put("things", Thing(id, "x")))).ToList();

        database.Dispose();
        database.Dispose();

        await Task.WhenAll(writes);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => database.WriteAsync(_ => { }));
        Assert.Throws<ObjectDisposedException>(() => database.Read(_ => true));
    }

    private Database Open(SchemaMigrations? migrations = null, int checkpointMegabytes = 8) =>
        new(new() { Path = _folder.Path, CheckpointMegabytes = checkpointMegabytes }, [], NullLogger.Instance, migrations ?? SchemaMigrations.Known);

    private IOptions<StorageOptions> OptionsFor(string? path = null) => Options.Create(new StorageOptions { Path = path ?? _folder.Path });

    private static BsonDocument Thing(int id, string name) => new() { ["_id"] = id, ["name"] = name };

    private static string? NameOf(Database database, int id) => database.Read(documents => documents.Find("things", id))?["name"].AsString;

    private static DomainError AssertRefused(string code, Func<Database> open)
    {
        var refusal = Assert.Throws<DomainException>(() => open().Dispose()).Error;
        Assert.Equal(code, refusal.Code);
        return refusal;
    }
}
