using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>Two thousand images: <c>LLMOS_TORTURE_IMAGES=2000</c>.</summary>
/// <remarks>Every call by which a real writer changes files is traced, LiteDB's too; the power is cut between any two of them.</remarks>
public sealed class VolumePowerTests : IDisposable
{
    private const int ImagesPerLife = 12, LivesPerFolder = 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_power_cut_between_any_two_calls_keeps_what_was_acknowledged_whole()
    {
        Assert.SkipUnless(CanTrace(), "strace is not there, or may not trace");
        // The acknowledgements of a life stand near the end of its calls, so one life at least is looked at whole.
        var budget = new TortureBudget("IMAGES", count: 24, seconds: 6, least: ImagesPerLife);
        var (random, life, most, acknowledged) = (new Random(budget.Seed), 0, 0, 0L);
        string data = "", image = "";
        var survivors = new WriterStates();
        var isOver = false;
        while (!isOver)
        {
            if (life++ % LivesPerFolder == 0)
                (data, survivors) = (Directory.CreateDirectory(_folder[$"data-{life}"]).FullName, new());

            var disk = new TracedDisk(data);
            var (seed, trace) = ((budget.Seed * 10_000) + life, _folder["trace"]);
            await TraceAndKillAsync(data, seed, trace, random.Next(1, 250));
            var calls = File.ReadLines(trace).Count();
            // The last is where the next life goes on.
            var cuts = Enumerable.Range(0, ImagesPerLife - 1).Select(_ => random.Next(calls)).Append(calls - 1).Order().ToList();
            var at = 0;
            foreach (var line in File.ReadLines(trace))
            {
                disk.Play(line);
                for (; cuts.Count > 0 && cuts[0] == at; cuts.RemoveAt(0))
                {
                    if (isOver = !budget.TryTake())
                        break;

                    var written = AcknowledgedIn(disk.Told);
                    (most, acknowledged) = (Math.Max(most, written.Values.Sum()), acknowledged + written.Values.Sum());
                    image = _folder[$"image-{budget.Taken}"];
                    disk.Cut(random, inOrder: budget.Taken % 3 == 0, image);
                    var isLast = cuts.Count == 1;
                    var wrong = await WrongAsync(image, seed, written, isLast ? survivors : new(), survivors);
                    Assert.True(wrong is null, $"LLMOS_TORTURE_SEED={budget.Seed}, image {budget.Taken} (life {life}, call {at} of {calls}): {wrong}");
                    if (!isLast)
                        Directory.Delete(image, recursive: true);
                }

                at++;
                if (isOver)
                    break;
            }

            Directory.Delete(data, recursive: true);
            data = image;
        }

        budget.Tell($"{budget.Taken} images of {life} lives, at most {most} acknowledged changes in one life, {acknowledged} looked for in all");
        Assert.InRange(most, 10, int.MaxValue);
    }

    private static async Task<string?> WrongAsync(string image, int seed, Dictionary<int, int> acknowledged, WriterStates states, WriterStates before)
    {
        using var volumes = new OpenVolumes(image, VolumeWriter.Options, checkpointMegabytes: 1);
        if (states.Settle(volumes, seed, acknowledged) is { } lost)
            return lost;
        if (before.Difference(volumes, int.MaxValue) is { } old)
            return $"of a life before: {old}";
        var check = await volumes.Check.DeepAsync(CancellationToken.None);
        return check.Problems == 0 ? null : string.Join("; ", check.Damage);
    }

    private static Dictionary<int, int> AcknowledgedIn(string told)
    {
        Assert.DoesNotContain("wrong", told, StringComparison.Ordinal);
        return told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray())
            .GroupBy(parts => parts[0], parts => parts[1]).ToDictionary(numbers => numbers.Key, numbers => numbers.Max());
    }

    private static async Task TraceAndKillAsync(string folder, int seed, string trace, int changes)
    {
        var program = VolumeWriter.Command(folder, seed);
        foreach (var argument in ((string[])["-o", trace, .. TracedDisk.Options, program.FileName]).Reverse())
            program.ArgumentList.Insert(0, argument);
        program.FileName = "strace";
        using var tracing = Process.Start(program)!;
        while (await tracing.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is not null)
        {
            if (--changes == 0)
                ChildOf(tracing).Kill();
        }

        await tracing.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(changes <= 0, $"the writer ended by itself with {tracing.ExitCode}");
    }

    private static Process ChildOf(Process parent) => Process.GetProcessById(int.Parse(
        File.ReadAllText($"/proc/{parent.Id}/task/{parent.Id}/children").Split(' ')[0], CultureInfo.InvariantCulture));

    private static bool CanTrace()
    {
        try
        {
            using var tracing = Process.Start(new ProcessStartInfo("strace", ["-f", "--seccomp-bpf", "-o", "/dev/null", "true"]) { RedirectStandardError = true })!;
            tracing.WaitForExit();
            return tracing.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
