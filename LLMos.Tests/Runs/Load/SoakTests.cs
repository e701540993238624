using System.Diagnostics;
using System.Net;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs.Load;

/// <summary>The long one is a benchmark: <c>./bench --soak 60</c>.</summary>
[Collection(nameof(Alone))]
public sealed class SoakTests
{
    private const int People = 6, KeptRuns = 20;

    private static readonly TimeSpan Half = TimeSpan.FromSeconds(6);

    // A program and the state that it ends in.
    private static readonly (StartRunRequest Request, string State)[] Mixture =
    [
        (Python("print('hello')"), "succeeded"),
        (Python("print(input())") with { Stdin = "read" }, "succeeded"),
        (Python("for number in range(20_000): print(number)"), "succeeded"),
        (Python("import matplotlib.pyplot as plt\nplt.plot([1, 2])"), "succeeded"),
        (Python("import pandas as pd\npd.DataFrame({'a': range(30)})"), "succeeded"),
        (Python("kept = [*globals().get('kept', []), 1][-100:]\nlen(kept)") with { Session = "soak" }, "succeeded"),
        (Python("raise ValueError('odd')"), "failed"),
        (Python("print("), "failed"),
        (Python("bytearray(10 ** 9)"), "memory-exceeded"),
        (Python("while True: pass") with { TimeoutSeconds = 0.2 }, "timed-out"),
        (Python("import os\nos.kill(os.getpid(), 11)"), "crashed"),
    ];

    [Fact(Explicit = true)]
    public async Task Mixed_runs_leave_memory_descriptors_threads_and_files_as_they_were()
    {
        await using var server = await ServerProcess.StartAsync(("LLMos__Runs__KeptRunsPerUser", $"{KeptRuns}"), ("LLMos__Logging__Level", "Warning"));
        var members = await server.MembersAsync(People);

        var before = await RunForAsync(server, members);
        var after = await RunForAsync(server, members);

        TestContext.Current.TestOutputHelper!.WriteLine($"{before}\n{after}");
        Assert.InRange(after.ServerMegabytes, 0, before.ServerMegabytes + 24);
        Assert.InRange(after.ForkserverMegabytes, 0, before.ForkserverMegabytes + 8);
        Assert.InRange(after.ServerDescriptors, 0, before.ServerDescriptors + 10);
        Assert.InRange(after.ForkserverDescriptors, 0, before.ForkserverDescriptors);
        Assert.InRange(after.Threads, 0, before.Threads + 6);
        Assert.InRange(after.Logs, 0, People * KeptRuns);
    }

    private static async Task<Held> RunForAsync(ServerProcess server, IReadOnlyList<HttpClient> members)
    {
        var begun = Stopwatch.GetTimestamp();
        var runs = await Task.WhenAll(members.Select(async (member, first) =>
        {
            var number = first;
            // On a slow machine too, each has had every program, and so has a session.
            for (; Stopwatch.GetElapsedTime(begun) < Half || number <= first + Mixture.Length; number++)
                await RunOneAsync(member, number);
            return number - first;
        }));

        // What a run leaves goes after its answer: its worker is killed and another one forked, its record is kept.
        var forkserver = server.Forkserver;
        await Eventually.HoldsAsync(() => ProcessFiles.ChildrenOf(forkserver).Count == new RunOptions().WaitingWorkers + members.Count, "only waiting workers and sessions are left");
        await Eventually.HoldsAsync(() => Directory.EnumerateFiles(server.RunsFolder).Count() <= People * KeptRuns, "old logs are gone");
        return new(
            runs.Sum(), ProcessFiles.ResidentMegabytes(server.Id), ProcessFiles.ResidentMegabytes(forkserver), ProcessFiles.Descriptors(server.Id),
            ProcessFiles.Descriptors(forkserver), ProcessFiles.Threads(server.Id), Directory.EnumerateFiles(server.RunsFolder).Count());
    }

    private static async Task RunOneAsync(HttpClient member, int number)
    {
        if (number % (Mixture.Length + 1) == Mixture.Length)
        {
            var endless = await ServerProcess.RunAsync(member, Python("while True: print('x')"), wait: 0);
            using var cancelled = await member.PostAsync($"/api/v1/runs/{endless.Id}/cancel", content: null);
            Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
            return;
        }

        var (request, state) = Mixture[number % (Mixture.Length + 1)];
        var run = await ServerProcess.RunAsync(member, request);
        Assert.True(run.State == state, $"{request.Code} ended as {run.State}: {run.Reason}");
    }

    private sealed record Held(
        int Runs, double ServerMegabytes, double ForkserverMegabytes, int ServerDescriptors, int ForkserverDescriptors, int Threads, int Logs);
}
