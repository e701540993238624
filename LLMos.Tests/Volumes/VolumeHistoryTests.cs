using System.Globalization;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

public sealed class VolumeHistoryTests : IDisposable
{
    private const int Kept = 100;

    private readonly TemporaryFolder _folder = new();
    private readonly VolumeOptions _options = new() { ChangesKept = Kept };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task So_many_changes_are_kept_and_who_asks_for_older_or_later_ones_is_told()
    {
        using (var volumes = new OpenVolumes(_folder.Path, _options))
        {
            for (var number = 0; number < 150; number++)
                await volumes.WriteAsync("user/a", $"{number}");
            RequireBounds(volumes);
        }

        // The database keeps no more either: one document for each batch, and here each write is one.
        using var again = new OpenVolumes(_folder.Path, _options);
        RequireBounds(again);
        Assert.InRange(again.Documents(VolumeDocuments.Changes), Kept, Kept + 1);
    }

    [Fact]
    public async Task Who_falls_behind_while_watching_is_told()
    {
        using var volumes = new OpenVolumes(_folder.Path, _options);
        await volumes.WriteAsync("user/a", "");
        await using var watching = volumes.Files.Watch(OpenVolumes.Anna, VolumeKind.User, after: 0, most: 10, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await watching.MoveNextAsync());

        for (var number = 0; number < Kept + 10; number++)
            await volumes.WriteAsync("user/a", $"{number}");

        Assert.Equal("volumes.changes_gone", (await Assert.ThrowsAsync<DomainException>(async () => await watching.MoveNextAsync())).Error.Code);
    }

    [Fact]
    public async Task Thousands_of_changes_of_long_paths_in_one_edit_are_kept_and_hold_nobody_up()
    {
        const int Entries = 5_000;
        var folder = LongFolder;
        var options = new VolumeOptions { ChangesKept = 2 * Entries, ChangesKeptMegabytes = 256 };
        using (var volumes = new OpenVolumes(_folder.Path, options))
        {
            // Together some 19 MB of paths, in one group with somebody's small write.
            var many = volumes.Store.EditAsync(["user/anna"], new("anna", "Anna", "person"), edit =>
            {
                for (var number = 0; number < Entries; number++)
                    edit.MakeFolder(new("user/anna", VolumePath.Parse($"{folder}/{number}")), makeFolders: true);
                return true;
            });
            await Task.WhenAll(many, volumes.WriteAsync("team/neighbour", "as ever"));
        }

        using var again = new OpenVolumes(_folder.Path, options);
        Assert.Equal($"{folder}/{Entries - 1}", again.Files.Changes(OpenVolumes.Anna, VolumeKind.User, after: 15 + Entries - 1, most: 2)[0].Path.ToString());
    }

    [Fact]
    public async Task Of_an_edit_that_makes_more_changes_than_are_kept_the_database_forgets_what_is_too_old()
    {
        for (var start = 0; start < 3; start++)
        {
            using var volumes = new OpenVolumes(_folder.Path, _options);
            await volumes.Store.EditAsync(["user/anna"], new("anna", "Anna", "person"), edit =>
            {
                for (var number = 0; number < 10 * Kept; number++)
                    edit.MakeFolder(new("user/anna", VolumePath.Parse($"user/{start}-{number}")), makeFolders: true);
                return true;
            });
            await volumes.WriteAsync("user/a", "");
            RequireBounds(volumes);
            Assert.InRange(volumes.Documents(VolumeDocuments.Changes), 2, 3);
        }
    }

    [Theory, InlineData(1), InlineData(2)]
    public async Task Changes_of_long_paths_are_bounded_by_the_memory_they_take_and_the_oldest_go_first(int megabytes)
    {
        const int Changes = 1_000;
        var (folder, options) = (LongFolder, new VolumeOptions { ChangesKeptMegabytes = megabytes });
        using (var volumes = new OpenVolumes(_folder.Path, options))
        {
            await volumes.WriteAsync($"{folder}/0", "");
            for (var number = 0; number < Changes; number += 50)
            {
                await volumes.Store.EditAsync(["user/anna"], new("anna", "Anna", "person"), edit =>
                {
                    for (var more = 0; more < 50; more++)
                        edit.Move(At(number + more), At(number + more + 1), overwrite: false, makeFolders: false);
                    return true;
                });
            }

            RequireMemory(volumes);
        }

        using var again = new OpenVolumes(_folder.Path, options);
        RequireMemory(again);
        // A document of fifty is there as long as one of them is kept.
        Assert.InRange(again.Documents(VolumeDocuments.Changes), 1, 1 + (megabytes * 1024 / 32 / 50) + 1);

        Place At(int number) => new("user/anna", VolumePath.Parse($"{folder}/{number}"));

        void RequireMemory(OpenVolumes volumes)
        {
            var last = volumes.Files.Tree(OpenVolumes.Anna, VolumeKind.User).Sequence;
            var gone = Assert.Throws<DomainException>(() => volumes.Files.Changes(OpenVolumes.Anna, VolumeKind.User, after: 0, most: 1));
            Assert.Equal("volumes.changes_gone", gone.Error.Code);
            var first = long.Parse(gone.Message.Split("number ")[1].Split('.')[0], CultureInfo.InvariantCulture);
            var kept = volumes.Files.Changes(OpenVolumes.Anna, VolumeKind.User, first - 1, int.MaxValue);
            Assert.Equal((first, last), (kept[0].Sequence, kept[^1].Sequence));
            // Four bytes a character of each path, and little else.
            Assert.InRange(kept.Sum(change => 4 * (change.Path.ToString().Length + change.From!.ToString().Length)), megabytes * 900 * 1024, megabytes * 1024 * 1024);
        }
    }

    [Fact]
    public async Task A_history_from_before_the_bound_is_read_at_the_start_and_brought_down_by_tidying()
    {
        using (var before = new OpenVolumes(_folder.Path, new() { ChangesKeptMegabytes = 64 }))
        {
            for (var number = 0; number < 700; number++)
                await before.WriteAsync($"{LongFolder}/{number % 3}", "");
            Assert.Equal(700, before.Documents(VolumeDocuments.Changes));
        }

        using var volumes = new OpenVolumes(_folder.Path, new() { ChangesKeptMegabytes = 1 });
        Assert.Equal(700, volumes.Documents(VolumeDocuments.Changes));
        Assert.Equal("volumes.changes_gone", Assert.Throws<DomainException>(() => volumes.Files.Changes(OpenVolumes.Anna, VolumeKind.User, after: 0, most: 1)).Error.Code);

        // A write takes some of them along, and tidying the rest.
        await volumes.WriteAsync($"{LongFolder}/0", "");
        Assert.Equal(201, volumes.Documents(VolumeDocuments.Changes));
        await volumes.Tidying.TidyAsync(CancellationToken.None);
        Assert.InRange(volumes.Documents(VolumeDocuments.Changes), 50, 70);
        Assert.Equal(0, (await volumes.Check.DeepAsync(TestContext.Current.CancellationToken)).Problems);
    }

    private static string LongFolder => $"user/{string.Join('/', Enumerable.Repeat(new string('d', 250), 15))}";

    private static void RequireBounds(OpenVolumes volumes)
    {
        IReadOnlyList<VolumeChange> Read(long after) => volumes.Files.Changes(OpenVolumes.Anna, VolumeKind.User, after, int.MaxValue);
        var last = volumes.Files.Tree(OpenVolumes.Anna, VolumeKind.User).Sequence;

        Assert.Equal(Enumerable.Range((int)last - Kept + 1, Kept).Select(number => (long)number), Read(last - Kept).Select(change => change.Sequence));
        Assert.Empty(Read(last));
        Assert.Equal("volumes.changes_gone", Assert.Throws<DomainException>(() => Read(last - Kept - 1)).Error.Code);
        Assert.Equal("volumes.after_unknown", Assert.Throws<DomainException>(() => Read(last + 1)).Error.Code);
        Assert.Equal("volumes.after_unknown", Assert.Throws<DomainException>(() => Read(-1)).Error.Code);
    }
}
