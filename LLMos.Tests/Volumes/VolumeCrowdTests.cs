using System.Diagnostics;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Volumes;
using LLMos.Tests.Foundation;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>A minute: <c>LLMOS_TORTURE_CROWDSECONDS=60</c>; all overwrites: <c>LLMOS_TORTURE_OVERWRITES=100000</c>.</summary>
public sealed class VolumeCrowdTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sixteen_writers_and_sixteen_readers_never_see_a_half_state()
    {
        var seconds = new TortureBudget("CROWDSECONDS", count: 3, seconds: 0).Count;
        using var volumes = new OpenVolumes(_folder.Path, checkpointMegabytes: 1);
        for (var file = 0; file < 40; file++)
            await volumes.WriteAsync($"team/pairs/{file}/left", Content(0));
        var begun = Stopwatch.GetTimestamp();
        bool Going() => Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(seconds);

        var writers = Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            var (random, count) = (new Random(writer), 0);
            for (; Going(); count++)
            {
                var folder = $"team/pairs/{random.Next(40)}";
                if (count % 10 == 0)
                    await volumes.MoveAsync($"{folder}/left", $"{folder}/x-{writer}").ContinueWith(moved => moved.IsCompletedSuccessfully ? volumes.MoveAsync($"{folder}/x-{writer}", $"{folder}/left", overwrite: true) : Task.CompletedTask).Unwrap();
                else
                    await volumes.WriteAsync($"{folder}/left", Content(random.Next(1000)));
            }

            return count;
        })).ToList();
        var readers = Enumerable.Range(0, 16).Select(reader => Task.Factory.StartNew(() =>
        {
            var (random, count, last) = (new Random(reader), 0, 0L);
            for (; Going(); count++)
            {
                var path = VolumePath.Parse($"team/pairs/{random.Next(40)}");
                var page = volumes.Files.List(OpenVolumes.Anna, path, null, 100);
                Assert.InRange(page.Sequence, last, long.MaxValue);
                last = page.Sequence;
                // What was listed is never ahead of what is told.
                volumes.Files.Changes(OpenVolumes.Anna, VolumeKind.Team, page.Sequence, 10);
                // A file that is on its way from one name to the other has one of them.
                Assert.NotEqual(0, page.Entries.Count);
                foreach (var file in page.Entries.Cast<FileNode>())
                    AssertWhole(volumes.Read(file.Current));
            }

            return count;
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();

        var (written, read) = ((await Task.WhenAll(writers)).Sum(), (await Task.WhenAll(readers)).Sum());
        TestContext.Current.TestOutputHelper!.WriteLine($"{written} writes, {read} readings");
        Assert.Equal(0, (await volumes.Check.DeepAsync(CancellationToken.None)).Problems);
    }

    [Fact]
    public async Task A_full_disk_loses_nothing_and_takes_changes_again_when_there_is_room()
    {
        using var disk = SmallDisk.TryMount(_folder["disk"], megabytes: 12);
        Assert.SkipWhen(disk is null, "mounting a small tmpfs needs privileges");
        var written = new List<(string Path, int Seed)>();
        using (var volumes = new OpenVolumes(disk.Path, checkpointMegabytes: 1))
        {
            var refusals = 0;
            for (var number = 0; number < 3000 && refusals < 20; number++)
            {
                // Many at once, so that some rest on others in the same batch or one behind.
                var some = Enumerable.Range(0, 8).Select(part => ($"user/{number}/{part}", (number * 8) + part)).ToList();
                var writes = some.Select(file => (file, Write: volumes.WriteAsync(file.Item1, Bytes(file.Item2)))).ToList();
                foreach (var (file, write) in writes)
                {
                    if (await Record.ExceptionAsync(() => write) is not { } failure)
                        written.Add(file);
                    else if (refusals++ >= 0)
                        Assert.Equal("storage.full", Assert.IsType<DomainException>(failure).Error.Code);
                }
            }

            Assert.InRange(refusals, 1, int.MaxValue);
            AssertThere(volumes, written);
            disk.Resize(megabytes: 60);
            for (var number = 0; number < 50; number++)
            {
                await volumes.WriteAsync($"user/after/{number}", Bytes(number));
                written.Add(($"user/after/{number}", number));
            }
        }

        using var again = new OpenVolumes(disk.Path);
        AssertThere(again, written);
        Assert.Equal(0, (await again.Check.DeepAsync(CancellationToken.None)).Problems);
    }

    [Fact]
    public async Task What_rests_on_a_lost_edit_is_taken_back_with_it()
    {
        using var volumes = new OpenVolumes(_folder.Path);
        await volumes.WriteAsync("user/kept", "kept");
        using var blocked = new ManualResetEventSlim();
        var blocking = volumes.Database.WriteAsync(_ => blocked.Wait(TestContext.Current.CancellationToken));
        var place = new Place("user/anna", VolumePath.Parse("user/folder"));

        var lost = volumes.Store.EditAsync(["user/anna"], new("anna", "Anna", "person"), edit =>
        {
            // LiteDB refuses a key that long.
            edit.Documents.Add(new(VolumeDocuments.Nodes, new string('k', 2000), []));
            return edit.MakeFolder(place, makeFolders: true);
        });
        var resting = volumes.WriteAsync("user/folder/a", new byte[100_000]);
        blocked.Set();
        await blocking;

        Assert.NotNull(await Record.ExceptionAsync(() => lost));
        // It rested on the folder, or came when that was taken back and made its own.
        await Record.ExceptionAsync(() => resting);
        await volumes.WriteAsync("user/folder/b", "b");
        Assert.Equal(("kept", "b"), (volumes.Text("user/kept"), volumes.Text("user/folder/b")));
        Assert.Equal(0, (await volumes.Check.DeepAsync(CancellationToken.None)).Problems);
        var changes = volumes.Files.Changes(OpenVolumes.Anna, VolumeKind.User, 0, 100);
        Assert.Equal(Enumerable.Range(1, changes.Count).Select(number => (long)number), changes.Select(change => change.Sequence));
    }

    [Fact]
    public async Task Overwriting_does_not_grow_the_store_beyond_twice_what_it_keeps()
    {
        const int Files = 100, Bytes = 10 * 1024;
        var budget = new TortureBudget("OVERWRITES", count: 3_000, seconds: 5);
        long kept;
        using (var volumes = new OpenVolumes(_folder.Path))
        {
            var random = new Random(budget.Seed);
            while (budget.TryTake())
            {
                var round = Enumerable.Range(0, Files).Select(file => Random(random, Bytes)).ToList();
                await Task.WhenAll(round.Select((content, file) => volumes.WriteAsync($"user/{file}", content)));
                for (var more = 1; more < Files; more++)
                    budget.TryTake();
            }

            var totals = volumes.Files.Tree(OpenVolumes.Anna, VolumeKind.User).Root.Totals;
            kept = totals.Bytes + totals.FormerBytes;
            Tell("while it runs");
        }

        Tell("when it has ended");
        Assert.InRange(Size(), 0, 2 * kept);

        void Tell(string when) => budget.Tell($"{budget.Taken} overwrites: {kept / 1e6:F1} MB are live and kept, the store has {Size() / 1e6:F1} MB {when} ({(double)Size() / kept:F2})");

        // The reserve has one size, whatever is kept.
        long Size() => Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != DiskReserve.FileName).Sum(file => new FileInfo(file).Length);
    }

    [Fact]
    public async Task A_content_that_was_lost_or_changed_on_the_disk_is_found_and_does_not_stop_the_server()
    {
        using (var volumes = new OpenVolumes(_folder.Path))
        {
            await volumes.WriteAsync("user/lost", Bytes(1, 50_000));
            await volumes.WriteAsync("user/short", Bytes(2, 50_000));
            await volumes.WriteAsync("user/changed", Bytes(3, 50_000));
            await volumes.WriteAsync("user/whole", Bytes(4, 50_000));
            await volumes.WriteAsync("user/small", "small");
            string FileOf(string path) => Path.Combine(HiddenFolder.Find(_folder["contents"]), LLMos.Server.Volumes.ContentFiles.NameOf(volumes.File(path).Current.Hash));
            File.Delete(FileOf("user/lost"));
            File.WriteAllText(FileOf("user/short"), "short");
            File.WriteAllBytes(FileOf("user/changed"), Bytes(5, 50_000));
            var id = volumes.File("user/small").Current.StoredAs;
            await volumes.Database.WriteAsync(documents => documents.Delete(VolumeDocuments.Contents, id));
        }

        using var again = new OpenVolumes(_folder.Path);
        var (quick, deep) = (await again.Check.QuickAsync(CancellationToken.None), await again.Check.DeepAsync(CancellationToken.None));

        Assert.Equal(["user/lost", "user/short", "user/small"], quick.Damage.Select(damage => damage.Path).Order(StringComparer.Ordinal));
        Assert.Equal(["user/changed", "user/lost", "user/short", "user/small"], deep.Damage.Select(damage => damage.Path).Order(StringComparer.Ordinal));
        Assert.Equal((1, 5, 0, 5, 4), (deep.Volumes, deep.Files, deep.Folders, deep.Contents, deep.Problems));
        foreach (var path in (string[])["user/lost", "user/short", "user/small"])
            Assert.Equal("volumes.content_missing", Assert.Throws<DomainException>(() => again.Read(path)).Error.Code);
        Assert.Equal(50_000, again.Read("user/whole").Length);

        var place = new Place("user/anna", VolumePath.Parse("user/whole"));
        var node = VolumeDocuments.NodeId(again.Files.Tree(OpenVolumes.Anna, VolumeKind.User).Root.Id, place.Path.Name);
        await again.Database.WriteAsync(documents => documents.Delete(VolumeDocuments.Nodes, node));
        Assert.Contains((await again.Check.DeepAsync(CancellationToken.None)).Damage, damage => damage.Path == "user/whole");
    }

    private static byte[] Content(int number) => Random(new(number), number % 7 == 0 ? 20_000 : number % 3000, number);

    private static void AssertWhole(byte[] content)
    {
        var number = content.Length < 4 ? 0 : BitConverter.ToInt32(content);
        Assert.True(content.Length < 4 || content.AsSpan().SequenceEqual(Content(number)), "a content is not whole");
    }

    private static byte[] Random(Random random, int length, int? first = null)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        if (first is not null && length >= 4)
            BitConverter.TryWriteBytes(bytes, first.Value);
        return bytes;
    }

    private static byte[] Bytes(int seed, int? length = null) => Random(new(seed), length ?? (seed % 5 == 0 ? 40_000 : 2000));

    private static void AssertThere(OpenVolumes volumes, List<(string Path, int Seed)> written)
    {
        Assert.Equal(written.Count, volumes.Files.Tree(OpenVolumes.Anna, VolumeKind.User).Root.Totals.Files);
        foreach (var (path, seed) in written)
            Assert.Equal(Bytes(seed), volumes.Read(path));
    }
}
