using System.Diagnostics;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs.Load;

/// <summary>The figures are a benchmark; the bounds here are wide, because tests run on busy machines too.</summary>
[Collection(nameof(Alone))]
public sealed class NeighbourTests
{
    private const int Hostile = 20, Runs = 40;

    private static readonly string[] Programs =
    [
        "while True: print('x' * 999)",
        "import llmos\nwhile True: llmos.display('x' * 999)",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "kept = []\nwhile True:\n    try: kept.append(bytearray(1 << 20))\n    except MemoryError: kept.clear()",
    ];

    [Fact(Explicit = true)]
    public async Task An_honest_person_hardly_notices_twenty_who_flood_fork_and_fill_memory()
    {
        await using var server = await ServerProcess.StartAsync(("LLMos__Logging__Level", "Warning"));
        var members = await server.MembersAsync(Hostile + 1);
        var honest = members[^1];
        await RunsAsync(honest);
        var alone = await RunsAsync(honest);
        var before = ProcessFiles.ResidentMegabytes(server.Id);

        using var over = new CancellationTokenSource();
        var hostile = Task.WhenAll(members.Take(Hostile).Select((member, number) => RepeatAsync(member, Programs[number % Programs.Length], over.Token)));
        await Eventually.HoldsAsync(() => ProcessFiles.ChildrenOf(server.Forkserver).Any(worker => ProcessFiles.NicenessOf(worker) == 19), "one of them has been told to give way");
        var beside = await RunsAsync(honest);
        List<double> health = [], cancels = [];
        for (var number = 0; number < Runs; number++)
        {
            health.Add(await MillisecondsAsync(() => honest.GetAsync("/api/v1/health/ready")));
            var run = await ServerProcess.RunAsync(honest, Python("while True: pass"), wait: 0);
            cancels.Add(await MillisecondsAsync(() => honest.PostAsync($"/api/v1/runs/{run.Id}/cancel", content: null)));
        }

        await over.CancelAsync();
        await hostile;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"alone {alone:0.0} ms, beside {beside:0.0} ms, health {health.Max():0.0} ms, cancel {cancels.Max():0.0} ms, memory before {before:0} MiB");
        Assert.InRange(beside, 0, (alone * 3) + 50);
        Assert.InRange(health.Max(), 0, 1000);
        Assert.InRange(cancels.Max(), 0, 1000);
        await Eventually.HoldsAsync(() => ProcessFiles.ResidentMegabytes(server.Id) < before + 64, "the server's memory is back");
    }

    [Fact]
    public async Task Workers_share_the_forkservers_session_and_give_way_to_the_server_and_longer_ones_to_shorter_ones()
    {
        await using var server = await ServerProcess.StartAsync();
        var member = (await server.MembersAsync(1))[0];
        var forkserver = server.Forkserver;

        await ServerProcess.RunAsync(member, Python("while True: pass"), wait: 0);

        await Eventually.HoldsAsync(() => ProcessFiles.ChildrenOf(forkserver).Any(worker => ProcessFiles.NicenessOf(worker) == 19), "the endless run gave way");
        Assert.NotEqual(forkserver, ProcessFiles.SessionOf(server.Id));
        Assert.All(ProcessFiles.ChildrenOf(forkserver), worker => Assert.Equal(forkserver, ProcessFiles.SessionOf(worker)));
        await Eventually.HoldsAsync(() => ProcessFiles.ChildrenOf(forkserver).All(worker => ProcessFiles.NicenessOf(worker) >= 5), "nobody is the server's equal");
    }

    /// <summary>The median in milliseconds.</summary>
    private static async Task<double> RunsAsync(HttpClient honest)
    {
        var milliseconds = new List<double>();
        for (var number = 0; number < Runs; number++)
        {
            milliseconds.Add(await MillisecondsAsync(async () =>
            {
                var run = await ServerProcess.RunAsync(honest, Python("print(sum(range(300_000)))"));
                Assert.Equal("succeeded", run.State);
            }));
        }

        return milliseconds.Order().ElementAt(Runs / 2);
    }

    private static async Task RepeatAsync(HttpClient member, string code, CancellationToken over)
    {
        RunRecord? run = null;
        while (!over.IsCancellationRequested)
        {
            run = await ServerProcess.RunAsync(member, Python(code), wait: 0);
            await Task.WhenAny(EndAsync(member, run.Id, over), Task.Delay(Timeout.Infinite, over));
        }

        using var cancelled = await member.PostAsync($"/api/v1/runs/{run!.Id}/cancel", content: null, CancellationToken.None);
    }

    private static async Task EndAsync(HttpClient member, string id, CancellationToken over)
    {
        // The whole text ends with the run.
        using var answer = await member.GetAsync($"/api/v1/runs/{id}/output", HttpCompletionOption.ResponseHeadersRead, over);
        await (await answer.Content.ReadAsStreamAsync(over)).CopyToAsync(Stream.Null, over);
    }

    private static async Task<double> MillisecondsAsync(Func<Task> work)
    {
        var begun = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }
}
