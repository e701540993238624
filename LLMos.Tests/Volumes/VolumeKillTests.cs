using System.Diagnostics;
using System.Globalization;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>Three hundred: <c>LLMOS_TORTURE_KILLS=300</c>.</summary>
public sealed class VolumeKillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_acknowledged_change_survives_a_server_that_is_killed()
    {
        var budget = new TortureBudget("KILLS", count: 8, seconds: 6);
        var (random, survivors, acknowledged) = (new Random(budget.Seed), new WriterStates(), 0);
        while (budget.TryTake())
        {
            var seed = (budget.Seed * 10_000) + budget.Taken;
            var lines = await WriteAndKillAsync(seed, random.Next(1, 800));
            acknowledged += lines.Values.Sum();
            using var volumes = new OpenVolumes(_folder.Path, VolumeWriter.Options, checkpointMegabytes: 1);
            Assert.Null(survivors.Settle(volumes, seed, lines) ?? survivors.Difference(volumes, budget.Taken % 10 == 0 ? int.MaxValue : 2));
            await AssertWholeAsync(volumes, $"kill {budget.Taken} of LLMOS_TORTURE_SEED={budget.Seed}");
        }

        budget.Tell($"{budget.Taken} kills, {acknowledged} acknowledged changes");
        Assert.InRange(acknowledged, 20 * budget.Taken, int.MaxValue);
    }

    private static async Task AssertWholeAsync(OpenVolumes volumes, string when)
    {
        var check = await volumes.Check.DeepAsync(CancellationToken.None);
        Assert.True(check.Problems == 0, $"{when}: {string.Join("; ", check.Damage)}");
    }

    private async Task<Dictionary<int, int>> WriteAndKillAsync(int seed, int changes)
    {
        var acknowledged = new Dictionary<int, int>();
        using var writer = Process.Start(VolumeWriter.Command(_folder.Path, seed))!;
        while (await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            Assert.False(line.StartsWith("wrong", StringComparison.Ordinal), line);
            var parts = line.Split(' ');
            // The last line may be cut off.
            if (parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var by) && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var number)
                && number > acknowledged.GetValueOrDefault(by))
                acknowledged[by] = number;
            if (--changes == 0)
                writer.Kill();
        }

        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(changes <= 0, $"the writer ended by itself with {writer.ExitCode}");
        return acknowledged;
    }
}
