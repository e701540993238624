using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs;

public sealed class RunSchedulerTests
{
    private const string Endless = "print('begun')\nwhile True: pass";

    [Fact]
    public async Task Runs_wait_in_a_bounded_queue_with_positions_that_move_up()
    {
        await using var server = await StartAsync(("Runs:Slots", "1"), ("Runs:MaxQueued", "3"), ("Runs:MaxQueuedPerUser", "2"));
        var (ada, bob) = (await PersonAsync(server, "ada"), await PersonAsync(server, "bob"));

        var running = await ada.StartAsync(Endless);
        await ada.EventsUntilAsync(running.Id, IsLine);
        var second = await ada.StartAsync("print(2)");
        var third = await ada.StartAsync("print(3)");
        using var own = await ada.Client.PostAsJsonAsync("/api/v1/runs", Python("print(4)"));
        var bobs = await bob.StartAsync("print('bob')");
        using var full = await bob.Client.PostAsJsonAsync("/api/v1/runs", Python("print(5)"));

        await own.RefusedAsync(HttpStatusCode.TooManyRequests, "runs.user_queue_full");
        await full.RefusedAsync(HttpStatusCode.TooManyRequests, "runs.queue_full");
        Assert.NotNull(full.Headers.RetryAfter);
        Assert.Equal((1, 3, 2), ((await ada.GetRunAsync(second.Id)).QueuePosition, (await ada.GetRunAsync(third.Id)).QueuePosition, (await bob.GetRunAsync(bobs.Id)).QueuePosition));

        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{second.Id}/cancel", content: null);
        Assert.Equal("cancelled", (await cancelled.ReadAsync<RunSummary>()).State);
        Assert.Equal(1, (await ada.GetRunAsync(third.Id)).QueuePosition);
        using var freed = await ada.Client.PostAsync($"/api/v1/runs/{running.Id}/cancel", content: null);

        var positions = (await ada.EventsUntilAsync(third.Id, _ => false)).Where(happened => happened.Type == "queued").Select(happened => happened.QueuePosition);
        Assert.Equal("succeeded", (await bob.EndedAsync(bobs.Id)).State);
        Assert.Equal([2, 3, 1], positions);
        Assert.Null((await ada.GetRunAsync(second.Id)).StartedAt);
    }

    [Fact]
    public async Task One_persons_runs_do_not_overlap_and_anothers_do_not_wait_for_them()
    {
        await using var server = await StartAsync(("Runs:Slots", "2"));
        var (ada, bob) = (await PersonAsync(server, "ada"), await PersonAsync(server, "bob"));

        var first = await ada.StartAsync(Endless);
        await ada.EventsUntilAsync(first.Id, IsLine);
        var second = await ada.StartAsync("print(2)");
        var bobs = await bob.RunAsync("print('bob')");

        Assert.Equal("succeeded", bobs.State);
        Assert.Equal("queued", (await ada.GetRunAsync(second.Id)).State);
        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{first.Id}/cancel", content: null);
        Assert.Equal("succeeded", (await ada.EndedAsync(second.Id)).State);
    }

    [Fact]
    public async Task Runs_are_in_their_order_and_last_no_negative_time_whatever_the_clock_is_set_to()
    {
        using var folder = new TemporaryFolder();
        var clock = new SteppedClock(LLMosServer.Clock().GetUtcNow());
        var runs = new List<string>();
        foreach (var days in new[] { 0, 300, -300 })
        {
            clock.Step = TimeSpan.FromDays(days);
            await using var server = new LLMosServer(LightPython.Setting, ("Data:Path", folder.Path), ("Runs:KeptRunsPerUser", "3")) { Time = clock }.Listen();
            await SharedServer.WarmAsync(server);
            var ada = await PersonAsync(server, "ada");
            runs.Add((await ada.RunAsync("print(1)")).Id);
            var starting = ada.StartAsync(Endless);
            await Eventually.HoldsAsync(
                () =>
                {
                    // The answer gives a run a moment to end, by this clock too.
                    clock.Advance(TimeSpan.FromMilliseconds(1));
                    return starting.IsCompleted;
                },
                "the run is answered for");
            var running = await starting;
            await ada.EventsUntilAsync(running.Id, IsLine);

            clock.Step -= TimeSpan.FromDays(1);
            using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{running.Id}/cancel", content: null);

            runs.Add(running.Id);
            var record = await ada.GetRunAsync(running.Id);
            Assert.Equal("cancelled", record.State);
            Assert.InRange(record.Usage.WallMilliseconds, 0, 60_000);
            Assert.InRange(record.EndedAt!.Value, record.CreatedAt, record.CreatedAt + TimeSpan.FromHours(1));
            // The history is kept after the answer.
            var store = server.Services.GetRequiredService<RunStore>();
            await Eventually.HoldsAsync(
                () => store.List(store.Find(running.Id)?.OwnerId ?? "", before: null, 10).Select(run => run.Id).SequenceEqual(Enumerable.Reverse(runs).Take(3)),
                "the newest runs are kept, the newest first");
        }
    }

    [Fact]
    public async Task Old_runs_leave_the_history_with_their_logs()
    {
        await using var server = await StartAsync(("Runs:KeptRunsPerUser", "2"));
        var ada = await PersonAsync(server, "ada");

        var runs = new List<RunRecord>();
        for (var number = 0; number < 4; number++)
            runs.Add(await ada.RunAsync($"print({number})"));

        // The history is kept after the answer.
        string[] logs = [$"{runs[2].Id}.log", $"{runs[3].Id}.log"];
        await Eventually.HoldsAsync(
            () => logs.SequenceEqual(Directory.EnumerateFiles(HiddenFolder.Find(Path.Combine(server.DataPath, "runs"))).Select(path => Path.GetFileName(path)).Order()),
            "only the last two logs are left");
        using var gone = await ada.Client.GetAsync($"/api/v1/runs/{runs[0].Id}");
        await gone.RefusedAsync(HttpStatusCode.NotFound, "runs.not_found");
        Assert.Equal([runs[3].Id, runs[2].Id], (await ada.Client.GetFromJsonAsync<RunList>("/api/v1/runs", Answers.Json))!.Runs.Select(run => run.Id));
    }

    [Fact]
    public async Task The_history_keeps_its_number_however_many_runs_become_durable_at_once()
    {
        await using var server = await StartAsync(("Runs:KeptRunsPerUser", "3"));
        var ada = await PersonAsync(server, "ada");
        var store = server.Services.GetRequiredService<RunStore>();
        var id = (await ada.RunAsync("print(1)")).Id;
        await Eventually.HoldsAsync(() => store.Find(id) is { Record.EndedAt: not null }, "the run is kept");
        var run = store.Find(id)!;

        var ids = Enumerable.Range(0, 9).Select(_ => Ulid.NewUlid().ToString()).ToList();
        await Task.WhenAll(ids.Select(other => store.SaveAsync(run with { Record = run.Record with { Id = other } })));

        Assert.Equal(3, store.List(run.OwnerId, before: null, limit: 100).Count);
        Assert.Equal(3, ids.Append(id).Count(one => store.Find(one) is not null));
    }

    [Fact]
    public async Task A_run_that_cannot_be_kept_takes_no_other_out_of_the_history()
    {
        await using var server = await StartAsync(("Runs:KeptRunsPerUser", "1"));
        var ada = await PersonAsync(server, "ada");
        var store = server.Services.GetRequiredService<RunStore>();
        var id = (await ada.RunAsync("print(1)")).Id;
        await Eventually.HoldsAsync(() => store.Find(id) is { Record.EndedAt: not null }, "the run is kept");
        var run = store.Find(id)!;

        server.Services.GetRequiredService<Database>().Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.SaveAsync(run with { Record = run.Record with { Id = Ulid.NewUlid().ToString() } }));
        Assert.Equal([id], store.List(run.OwnerId, before: null, limit: 100).Select(kept => kept.Id));
        Assert.True(File.Exists(Path.Combine(HiddenFolder.Find(Path.Combine(server.DataPath, "runs")), $"{id}.log")));
    }

    [Fact]
    public async Task Old_runs_leave_the_history_when_their_logs_are_too_long_together()
    {
        await using var server = await StartAsync(("Runs:KeptBytesPerUser", "2500000"));
        var ada = await PersonAsync(server, "ada");

        var runs = new List<RunRecord>();
        for (var number = 0; number < 4; number++)
            runs.Add(await ada.RunAsync("print('x' * 1_000_000)"));

        var store = server.Services.GetRequiredService<RunStore>();
        await Eventually.HoldsAsync(
            () => runs.Select(run => store.Find(run.Id) is not null).SequenceEqual([false, false, true, true]), "only the last two runs are left");
    }

    [Fact]
    public void Options_have_the_contracts_defaults()
    {
        var defaults = new RunOptions();

        Assert.Equal((30, 256, 67_108_864, 1_048_576), (defaults.TimeoutSeconds, defaults.HeapMegabytes, defaults.MaxOutputBytes, defaults.MaxCodeBytes));
    }

    private static async Task<LLMosServer> StartAsync(params (string, string)[] settings)
    {
        var server = new LLMosServer([LightPython.Setting, .. settings]).Listen();
        await SharedServer.WarmAsync(server);
        return server;
    }

    private static async Task<Person> PersonAsync(LLMosServer server, string name) => new(server, await server.TokenAsync(name));
}
