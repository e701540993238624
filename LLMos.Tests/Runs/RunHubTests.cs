using LLMos.Server.Accounts;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs;

public sealed class RunHubTests(SharedServer shared)
{
    [Fact]
    public async Task Text_arrives_while_the_program_runs()
    {
        var person = await shared.NewPersonAsync();
        await using var hub = await person.ConnectAsync();

        var run = await hub.InvokeAsync<RunSummary>("Start", Python("print('begun', end='')\nimport time\ntime.sleep(60)"));
        var events = await hub.WatchAsync(run.Id, 0, happened => happened.Type == "stdout");

        Assert.Equal("begun", events.TextOf("stdout"));
        Assert.Equal("cancelled", (await hub.InvokeAsync<RunSummary>("Cancel", run.Id)).State);
    }

    [Fact]
    public async Task A_long_program_with_a_long_standard_input_is_taken()
    {
        var person = await shared.NewPersonAsync();
        await using var hub = await person.ConnectAsync();

        var run = await hub.InvokeAsync<RunSummary>("Start", Python($"import sys\nprint(len(sys.stdin.read()))  # {new string('x', 500_000)}") with { Stdin = new('y', 500_000) });

        Assert.Equal("500000\n", (await hub.WatchAsync(run.Id, 0)).TextOf("stdout"));
    }

    [Fact]
    public async Task A_second_tab_is_told_of_the_run_and_sees_the_whole_of_it()
    {
        var person = await shared.NewPersonAsync();
        await using var first = await person.ConnectAsync();
        await using var second = await person.ConnectAsync();
        var told = new TaskCompletionSource<RunSummary>(TaskCreationOptions.RunContinuationsAsynchronously);
        second.On<RunSummary>("runChanged", run => { if (run.State == "running") told.TrySetResult(run); });

        await first.InvokeAsync<RunSummary>("Start", Python("for number in range(3): print(number)\ninput()"));
        var run = await told.Task.WaitAsync(Eventually.Timeout);

        Assert.Equal("0\n1\n2\n", (await second.WatchAsync(run.Id, 0)).TextOf("stdout"));
    }

    [Fact]
    public async Task A_connection_that_drops_in_the_middle_resumes_where_it_was()
    {
        var person = await shared.NewPersonAsync();
        var run = await person.StartAsync("import sys\nfor number in range(50):\n    print(number)\n    if number == 10: print('middle', file=sys.stderr)");
        IReadOnlyList<RunEvent> before;
        await using (var dropped = await person.ConnectAsync())
            before = await dropped.WatchAsync(run.Id, 0, happened => happened.Type == "stderr");

        await using var again = await person.ConnectAsync();
        var after = await again.WatchAsync(run.Id, before[^1].Sequence);

        Assert.Equal(string.Concat(Enumerable.Range(0, 50).Select(number => $"{number}\n")), before.Concat(after).TextOf("stdout"));
        Assert.Equal("ended", after[^1].Type);
        Assert.Equal("succeeded", (await person.GetRunAsync(run.Id)).State);
    }

    [Fact]
    public async Task What_is_left_out_is_refused_like_what_is_unknown()
    {
        var person = await shared.NewPersonAsync();
        await using var hub = await person.ConnectAsync();

        await RefusedAsync(() => hub.InvokeAsync("Start", (StartRunRequest?)null), "runs.language_unknown");
        await RefusedAsync(() => hub.InvokeAsync("Start", new StartRunRequest { Language = null!, Code = "1" }), "runs.language_unknown");
        await RefusedAsync(() => hub.InvokeAsync("Start", Python(null!)), "runs.code_empty");
        await RefusedAsync(() => hub.InvokeAsync("Cancel", (string?)null), "runs.not_found");
        await RefusedAsync(() => hub.InvokeAsync("Interrupt", (string?)null), "runs.not_found");
        await RefusedAsync(() => hub.WatchAsync(null!, 0), "runs.not_found");

        static async Task RefusedAsync(Func<Task> call, string code) =>
            Assert.Contains(code, (await Assert.ThrowsAsync<HubException>(call)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_reach_the_caller_by_their_code()
    {
        var person = await shared.NewPersonAsync();
        var run = await (await shared.NewPersonAsync()).RunAsync("print(1)");
        await using var hub = await person.ConnectAsync();

        await RefusedAsync("runs.not_found", () => hub.WatchAsync(run.Id, 0));
        await RefusedAsync("runs.not_found", () => hub.InvokeAsync("Cancel", "../../etc/passwd"));
        await RefusedAsync("runs.code_empty", () => hub.InvokeAsync("Start", Python(" ")));
        await RefusedAsync("runs.limit_out_of_range", () => hub.InvokeAsync("Start", Python("1") with { TimeoutSeconds = double.NaN }));
        await RefusedAsync("runs.text_invalid", () => hub.InvokeAsync("Start", Python("print('\0')")));
        var own = await person.RunAsync("print(1)");
        await RefusedAsync("log.after_negative", () => hub.WatchAsync(own.Id, -1));
        await RefusedAsync("log.after_unknown", () => hub.WatchAsync(own.Id, 1000));
    }

    [Fact]
    public async Task A_viewer_is_not_let_in()
    {
        var viewer = await shared.NewPersonAsync(Role.Viewer);

        var refused = await Assert.ThrowsAsync<HttpRequestException>(viewer.ConnectAsync);

        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_holds_nobody_up()
    {
        var person = await shared.NewPersonAsync();
        await using var slow = await person.ConnectAsync();
        var run = await person.StartAsync("for _ in range(30_000): print('x' * 1000)");
        using var never = new CancellationTokenSource();
        await using var stalled = slow.StreamAsync<RunEvent[]>("Watch", run.Id, 0L, never.Token).GetAsyncEnumerator();
        await stalled.MoveNextAsync();

        var ended = await person.EndedAsync(run.Id);

        Assert.Equal(("succeeded", 30_030_000), (ended.State, ended.Stdout.Bytes));
        await never.CancelAsync();
    }

    private static async Task RefusedAsync(string code, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<HubException>(call);
        Assert.Contains($"{code}: ", refused.Message, StringComparison.Ordinal);
    }
}
