using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>A million: <c>LLMOS_TORTURE_OPERATIONS=1000000</c>, others by <c>LLMOS_TORTURE_SEED</c>.</summary>
public sealed class VolumeModelTests : IDisposable
{
    // What meets its bounds often.
    private static readonly VolumeOptions Narrow = new() { UserMegabytes = 1, TeamMegabytes = 1, FormerVersions = 3, MaxEntries = 60, MaxFolderEntries = 6, ChangesKept = 100 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_volumes_do_what_a_dictionary_of_paths_would_do()
    {
        const int AtOnce = 50, BetweenStarts = 3000, LongestBin = 12;
        var budget = new TortureBudget("OPERATIONS", count: 20_000, seconds: 5);
        var (random, model) = (new Random(budget.Seed), new ModelVolumes(Narrow));
        var (refused, starts, volumes) = (new SortedDictionary<string, int>(StringComparer.Ordinal), 0, new OpenVolumes(_folder.Path, Narrow, checkpointMegabytes: 1));
        List<(ModelOperation Operation, string? Expected, Task<string?> Found)> open = [];
        try
        {
            var (runner, comparison) = (new ModelRunner(volumes, ""), new ModelComparison(volumes, ""));
            while (budget.TryTake())
            {
                var operation = ModelOperation.Next(random, ["user", "team"], model, largeOneIn: 60);
                if (model.Bin.Count > LongestBin)
                    operation = operation with { Deed = ModelDeed.Purge, Number = random.Next(model.Bin.Count) };
                if (!ModelRunner.IsDecidedAtOnce(operation))
                    await SettleAsync();
                open.Add((operation, model.Apply(operation), runner.ApplyAsync(operation)));
                if (!ModelRunner.IsDecidedAtOnce(operation) || model.KeepsTooMuch)
                    await SettleAsync();
                if (model.KeepsTooMuch)
                    model.Tidy();
                if (budget.Taken % AtOnce > 0)
                    continue;

                await SettleAsync();
                Assert.Null(comparison.Difference(model) ?? comparison.DifferenceOfWholes(model));
                if (budget.Taken < (starts + 1) * BetweenStarts)
                    continue;

                starts++;
                volumes.Dispose();
                volumes = new(_folder.Path, Narrow, checkpointMegabytes: 1);
                (runner, comparison) = (new(volumes, ""), new(volumes, ""));
                Assert.Null(comparison.Difference(model) ?? comparison.DifferenceOfWholes(model) ?? comparison.DifferenceOfContents(model));
                AssertNothingElseIsKept(volumes);
            }

            await SettleAsync();
            Assert.Null(comparison.Difference(model) ?? comparison.DifferenceOfWholes(model) ?? comparison.DifferenceOfContents(model));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"LLMOS_TORTURE_SEED={budget.Seed}, operation {budget.Taken}: {failure.Message}", failure);
        }
        finally
        {
            volumes.Dispose();
            budget.Tell($"{budget.Taken} operations, {starts} starts, refused: {string.Join(", ", refused.Select(each => $"{each.Key} {each.Value}"))}");
        }

        async Task SettleAsync()
        {
            foreach (var (operation, expected, found) in open)
            {
                if (await found is var code && code != expected)
                    throw new InvalidOperationException($"{operation} was answered with {code ?? "success"} instead of {expected ?? "success"}");
                if (code is not null)
                    refused[code] = refused.GetValueOrDefault(code) + 1;
            }

            open.Clear();
        }
    }

    private void AssertNothingElseIsKept(OpenVolumes volumes)
    {
        var kept = new[] { VolumeKind.User, VolumeKind.Team }.SelectMany(volume => ModelComparison.Everything(volumes.Files.Tree(OpenVolumes.Anna, volume)))
            .OfType<FileNode>().SelectMany(file => file.Versions).Select(version => new ContentReference(version.Hash, version.Length)).ToHashSet();
        Assert.Equal(kept.Count(content => content.Length <= ContentStore.MostInline), volumes.Documents(VolumeDocuments.Contents));
        Assert.Equal(kept.Where(content => content.Length > ContentStore.MostInline).Select(content => $"{content.Hash}").Order(StringComparer.Ordinal), OpenVolumes.ContentFiles(_folder.Path));
    }
}
