using System.Globalization;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

public sealed class VolumeTidyingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SteppedClock _time = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_kept_for_its_days_goes_and_what_is_current_stays()
    {
        using var volumes = new OpenVolumes(_folder.Path, new() { KeptDays = 10 }, _time);
        await volumes.WriteAsync("user/deep/er/a", "first");
        await volumes.WriteAsync("user/empty", "");
        await volumes.WriteAsync("user/gone", "gone");
        _time.Advance(TimeSpan.FromDays(5));
        await volumes.WriteAsync("user/deep/er/a", "second");
        await volumes.WriteAsync("user/empty", "");
        await volumes.DeleteAsync("user/gone");

        _time.Advance(TimeSpan.FromDays(9.9));
        await volumes.Tidying.TidyAsync(CancellationToken.None);
        Assert.Equal((2, 2, 1), Kept(volumes));

        _time.Advance(TimeSpan.FromDays(0.2));
        await volumes.Tidying.TidyAsync(CancellationToken.None);
        Assert.Equal((1, 1, 0), Kept(volumes));
        Assert.Equal("second", volumes.Text("user/deep/er/a"));
        // What is empty is a content as any other.
        Assert.Equal(2, volumes.Documents(VolumeDocuments.Contents));
        Assert.Equal(0, volumes.Documents(VolumeDocuments.Versions));

        static (int, int, int) Kept(OpenVolumes volumes) => (
            volumes.File("user/deep/er/a").Versions.Count(), volumes.File("user/empty").Versions.Count(), volumes.Files.Bin(OpenVolumes.Anna, VolumeKind.User).Count());
    }

    [Theory, InlineData(60), InlineData(40_000), InlineData(-20_000), InlineData(-365)]
    public async Task A_clock_that_is_set_lets_nothing_go_neither_before_nor_after_it_is_set_right(int days)
    {
        List<string> names = ["before", "while", "after"];
        await WriteAndDeleteAsync("before");
        _time.Step = TimeSpan.FromDays(days);
        await WriteAndDeleteAsync("while");
        await RunAsync(TimeSpan.FromSeconds(80));
        _time.Step = TimeSpan.Zero;
        await WriteAndDeleteAsync("after");

        await RunAsync(TimeSpan.FromSeconds(80));
        Assert.Equal(["user/gone-after", "user/gone-before", "user/gone-while"], Gone());

        // And what is old goes, with the right clock and with a wrong one.
        await RunAsync(TimeSpan.FromDays(9.9));
        Assert.Equal(3, Gone().Count);
        _time.Step = TimeSpan.FromDays(days);
        await RunAsync(TimeSpan.FromDays(0.2));
        Assert.Empty(Gone());

        async Task WriteAndDeleteAsync(string name)
        {
            using var volumes = Open();
            await volumes.WriteAsync($"user/{name}", "first");
            await volumes.WriteAsync($"user/{name}", "second");
            await volumes.WriteAsync($"user/gone-{name}", "gone");
            await volumes.DeleteAsync($"user/gone-{name}");
        }

        async Task RunAsync(TimeSpan lasting)
        {
            using var volumes = Open();
            _time.Advance(lasting);
            await volumes.Tidying.TidyAsync(CancellationToken.None);
            foreach (var name in names.Where(name => volumes.Exists($"user/{name}")))
                Assert.Equal(Gone(volumes).Count > 0 ? 2 : 1, volumes.File($"user/{name}").Versions.Count());
            await volumes.Running.KeepAsync();
        }

        List<string> Gone(OpenVolumes? open = null)
        {
            using var own = open is null ? Open() : null;
            return [.. (open ?? own!).Files.Bin(OpenVolumes.Anna, VolumeKind.User).Select(entry => entry.Path).Order(StringComparer.Ordinal)];
        }

        OpenVolumes Open() => new(_folder.Path, new() { KeptDays = 10 }, _time);
    }

    [Fact]
    public async Task What_was_kept_without_a_count_of_the_time_is_new_when_counting_begins()
    {
        using (var before = new OpenVolumes(_folder.Path, new() { KeptDays = 10 }, _time))
        {
            await before.WriteAsync("user/a", "first");
            await before.WriteAsync("user/a", "second");
            await before.DeleteAsync("user/a");
            await before.Database.WriteAsync(documents =>
            {
                foreach (var document in documents.All(VolumeDocuments.Nodes).Concat(documents.All(VolumeDocuments.Versions)).ToList())
                {
                    document.Remove("t");
                    document.Remove("e");
                    documents.Put(document.ContainsKey("i") ? VolumeDocuments.Nodes : VolumeDocuments.Versions, document);
                }
            });
        }

        _time.Step = TimeSpan.FromDays(400);
        using var volumes = new OpenVolumes(_folder.Path, new() { KeptDays = 10 }, _time);
        await volumes.Tidying.TidyAsync(CancellationToken.None);
        Assert.Single(volumes.Files.Bin(OpenVolumes.Anna, VolumeKind.User));
        _time.Advance(TimeSpan.FromDays(10.1));
        await volumes.Tidying.TidyAsync(CancellationToken.None);
        Assert.Empty(volumes.Files.Bin(OpenVolumes.Anna, VolumeKind.User));
    }

    [Fact]
    public async Task Beyond_the_bytes_that_may_be_kept_the_oldest_goes_first()
    {
        using var volumes = new OpenVolumes(_folder.Path, new() { KeptMegabytes = 1 }, _time);
        for (var number = 0; number < 4; number++)
        {
            await volumes.WriteAsync("user/a", Enumerable.Repeat((byte)number, 400_000).ToArray());
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        await volumes.DeleteAsync("user/a");
        await volumes.WriteAsync("user/b", "b");
        await volumes.Tidying.TidyAsync(CancellationToken.None);
        Assert.Empty(volumes.Files.Bin(OpenVolumes.Anna, VolumeKind.User));
        await HasContentFilesAsync(0);

        for (var number = 0; number < 4; number++)
        {
            await volumes.WriteAsync("user/c", Enumerable.Repeat((byte)number, 400_000).ToArray());
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        await volumes.Tidying.TidyAsync(CancellationToken.None);
        Assert.Equal([2, 3, 4], volumes.File("user/c").Versions.Select(version => version.Number));
        await HasContentFilesAsync(3);
    }

    [Fact]
    public async Task Empty_files_in_the_bin_are_bounded_in_number()
    {
        using var volumes = new OpenVolumes(_folder.Path, new() { MaxEntries = 5 }, _time);
        for (var number = 0; number < 12; number++)
        {
            await volumes.WriteAsync($"user/{number}", "");
            await volumes.DeleteAsync($"user/{number}");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await volumes.Tidying.TidyAsync(CancellationToken.None);

        Assert.Equal(["user/11", "user/10", "user/9", "user/8", "user/7"], volumes.Files.Bin(OpenVolumes.Anna, VolumeKind.User).Select(entry => entry.Path));
    }

    [Fact]
    public async Task A_folder_in_the_bin_counts_with_all_that_is_below_it()
    {
        using var volumes = new OpenVolumes(_folder.Path, new() { MaxEntries = 16 }, _time);
        for (var folder = 0; folder < 4; folder++)
        {
            for (var number = 0; number < 5; number++)
                await volumes.WriteAsync($"user/{folder}/{number}", "");
            await volumes.DeleteAsync($"user/{folder}");
            _time.Advance(TimeSpan.FromSeconds(1));
            // Nobody waits for a minute to pass.
            Assert.InRange(volumes.Store.Tree("user/anna").BinNodes, 6, 18);
        }

        await volumes.Tidying.TidyAsync(CancellationToken.None);

        Assert.Equal(["user/3", "user/2"], volumes.Files.Bin(OpenVolumes.Anna, VolumeKind.User).Select(entry => entry.Path));
    }

    [Fact]
    public async Task Who_writes_faster_than_the_server_tidies_waits_for_it()
    {
        using var volumes = new OpenVolumes(_folder.Path, new() { KeptMegabytes = 1, FileMegabytes = 1 }, _time);
        for (var number = 0; number < 12; number++)
        {
            await volumes.WriteAsync("user/a", Enumerable.Repeat((byte)number, 400_000).ToArray());
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.InRange(volumes.Store.Tree("user/anna").KeptBytes, 0, (1024 * 1024) + (128 * 1024));
        }
    }

    [Fact]
    public async Task A_bin_that_is_too_full_costs_no_former_version()
    {
        using var volumes = new OpenVolumes(_folder.Path, new() { MaxEntries = 3 }, _time);
        await volumes.WriteAsync("user/kept", "1");
        await volumes.WriteAsync("user/kept", "2");
        for (var number = 0; number < 3; number++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await volumes.WriteAsync("user/d/a", "");
            await volumes.DeleteAsync("user/d");
        }

        await volumes.Tidying.TidyAsync(CancellationToken.None);

        Assert.Equal("1", volumes.Text("user/kept", version: 1));
        Assert.Equal(2, volumes.Store.Tree("user/anna").BinNodes);
    }

    [Theory, InlineData(255, 10), InlineData(256, 5), InlineData(1100, 2)]
    public async Task An_entry_of_the_bin_with_a_long_path_counts_for_more(int characters, int kept)
    {
        using var volumes = new OpenVolumes(_folder.Path, new() { MaxEntries = 10 }, _time);
        for (var number = 0; number < 40; number++)
        {
            var path = LongPath(number, characters);
            await volumes.WriteAsync(path, "");
            await volumes.DeleteAsync(path);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await volumes.Tidying.TidyAsync(CancellationToken.None);

        Assert.Equal(
            Enumerable.Range(40 - kept, kept).Reverse().Select(number => LongPath(number, characters)),
            volumes.Files.Bin(OpenVolumes.Anna, VolumeKind.User).Select(entry => entry.Path));

        // In few folders, which count for the same limit.
        static string LongPath(int number, int characters)
        {
            var folder = string.Join('/', Enumerable.Repeat(new string('d', 200), (characters - 8) / 201).Prepend("user"));
            return $"{folder}/{number.ToString(CultureInfo.InvariantCulture).PadLeft(characters - folder.Length - 1, '0')}";
        }
    }

    [Fact]
    public async Task Former_versions_count_for_something_however_short_they_are()
    {
        using var volumes = new OpenVolumes(_folder.Path, new() { KeptMegabytes = 1, FormerVersions = 1000 }, _time);
        for (var number = 0; number < 200; number++)
        {
            await volumes.WriteAsync("user/a", $"{number}");
            await volumes.WriteAsync("user/empty", "");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await volumes.Tidying.TidyAsync(CancellationToken.None);
        // 1 MiB is 128 times 8 KiB; the current ones are none of them.
        Assert.Equal((65, 65), (volumes.File("user/a").Versions.Count(), volumes.File("user/empty").Versions.Count()));
        Assert.Equal(("135", "199"), (volumes.Text("user/a", version: 136), volumes.Text("user/a")));
        Assert.Equal(1024L * 1024, volumes.Store.Tree("user/anna").KeptBytes);

        // In the bin too.
        await volumes.DeleteAsync("user/empty");
        Assert.Equal((1024L * 1024, 0L), (volumes.Store.Tree("user/anna").KeptBytes, volumes.Store.Tree("user/anna").BinBytes));
        await volumes.WriteAsync("user/a", "last");
        await volumes.Tidying.TidyAsync(CancellationToken.None);
        Assert.Equal(64, volumes.File("user/a").Former.Length);
    }

    [Fact]
    public async Task More_than_a_server_of_now_keeps_holds_up_who_writes_for_some_edits_only_and_goes_with_time()
    {
        using (var before = new OpenVolumes(_folder.Path, new(), _time))
        {
            for (var number = 0; number < 250; number++)
                await before.WriteAsync($"user/{number}", "");
            for (var number = 0; number < 250; number++)
                await before.DeleteAsync($"user/{number}");
        }

        using var volumes = new OpenVolumes(_folder.Path, new() { MaxEntries = 8 }, _time);
        Assert.Equal(250, volumes.Store.Tree("user/anna").Bin.Count);
        await volumes.WriteAsync("user/a", "");
        Assert.Equal(50, volumes.Store.Tree("user/anna").Bin.Count);
        await volumes.Tidying.TidyAsync(CancellationToken.None);
        Assert.Equal(8, volumes.Store.Tree("user/anna").Bin.Count);
    }

    // Nobody waits for their removal.
    private Task HasContentFilesAsync(int count) => Eventually.HoldsAsync(() => OpenVolumes.ContentFiles(_folder.Path).Count == count, $"{count} files of contents");
}
