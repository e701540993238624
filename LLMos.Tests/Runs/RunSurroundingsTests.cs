using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using LLMos.Tests.Volumes;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs;

/// <summary>What a request gives a program beside its text: its file, folder, arguments and environment, and what becomes of it when nobody waits.</summary>
public sealed class RunSurroundingsTests(SharedServer shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_runs_with_its_arguments_and_environment_and_the_modules_beside_it()
    {
        var ada = await shared.NewPersonAsync();
        await ada.Client.WriteAsync("user/tools/helping.py", "def double(x): return 2 * x");
        await ada.Client.WriteAsync("user/tools/report.py", "import os, sys, helping\nprint(sys.argv, os.environ['MODE'], __file__, helping.double(21), os.getcwd())");

        var run = await ada.RunAsync(new() { Language = "python", Path = "user/tools/report.py", Arguments = ["--year", "2026"], Environment = new Dictionary<string, string> { ["MODE"] = "fast" } });

        Assert.Equal("['/user/tools/report.py', '--year', '2026'] fast /user/tools/report.py 42 /user\n", run.Stdout.Text);
        Assert.Equal(("user/tools/report.py", null, "--year,2026"), (run.Path, run.WorkingFolder, string.Join(',', run.Arguments!)));
        Assert.Contains("import os, sys, helping", run.Code, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unsaved_text_runs_as_the_file_and_paths_begin_in_the_working_folder()
    {
        var ada = await shared.NewPersonAsync();
        await ada.Client.WriteAsync("user/data/numbers.txt", "7");

        var run = await ada.RunAsync(Python("print(open('numbers.txt').read(), __file__)\n1 / 0") with { Path = "user/new.py", WorkingFolder = "user/data/" });

        Assert.Equal(("7 /user/new.py\n", 2, "user/data"), (run.Stdout.Text, run.Error!.Line, run.WorkingFolder));
        Assert.Contains("File \"/user/new.py\", line 2", run.Error.Traceback, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sessions_next_run_has_its_own_and_stays_in_the_folder()
    {
        var ada = await shared.NewPersonAsync();
        await ada.Client.WriteAsync("user/data/numbers.txt", "7");
        await ada.RunAsync(Python("1") with { Session = "s", WorkingFolder = "user/data", Arguments = ["a"], Environment = new Dictionary<string, string> { ["MODE"] = "fast" } });

        var run = await ada.RunAsync(Python("import os, sys\nprint(sys.argv, os.getenv('MODE'), open('numbers.txt').read())") with { Session = "s" });

        Assert.Equal("['<program>'] None 7\n", run.Stdout.Text);
    }

    [Fact]
    public async Task What_is_not_there_or_too_large_is_refused_by_name()
    {
        var ada = await shared.NewPersonAsync();
        await ada.Client.WriteAsync("user/folder/a.py", "1");
        using var written = await ada.Client.SendAsync(HttpMethod.Put, "files/user/binary.py", [0xff, 0xfe]);
        var one = Python("1");
        foreach (var (request, status, code) in new (StartRunRequest, HttpStatusCode, string)[]
        {
            (one with { Path = "/etc/passwd" }, HttpStatusCode.BadRequest, "volumes.path_invalid"),
            (one with { Path = "user/folder" }, HttpStatusCode.Conflict, "volumes.is_folder"),
            (one with { Code = "", Path = "user/none.py" }, HttpStatusCode.NotFound, "volumes.not_found"),
            (one with { Code = "", Path = "user/binary.py" }, HttpStatusCode.BadRequest, "runs.file_not_text"),
            (one with { WorkingFolder = "user/none" }, HttpStatusCode.NotFound, "volumes.not_found"),
            (one with { WorkingFolder = "user/folder/a.py" }, HttpStatusCode.Conflict, "volumes.is_file"),
            (one with { Arguments = [.. Enumerable.Repeat("a", 257)] }, HttpStatusCode.RequestEntityTooLarge, "runs.arguments_too_large"),
            (one with { Arguments = [new string('a', 65_537)] }, HttpStatusCode.RequestEntityTooLarge, "runs.arguments_too_large"),
            (one with { Arguments = ["a\0b"] }, HttpStatusCode.BadRequest, "runs.text_invalid"),
            (one with { Environment = new Dictionary<string, string> { ["A=B"] = "" } }, HttpStatusCode.BadRequest, "runs.environment_name_invalid"),
            (one with { Environment = new Dictionary<string, string> { ["A"] = new('a', 65_537) } }, HttpStatusCode.RequestEntityTooLarge, "runs.environment_too_large"),
            (one with { Environment = new Dictionary<string, string> { ["A"] = null! } }, HttpStatusCode.BadRequest, "runs.text_invalid"),
            (one with { Abandon = "later" }, HttpStatusCode.BadRequest, "runs.abandon_unknown"),
        })
        {
            using var answer = await ada.Client.PostAsJsonAsync("/api/v1/runs", request, Cancellation);
            await answer.RefusedAsync(status, code);
        }
    }

    [Fact]
    public async Task Another_persons_file_does_not_run()
    {
        var (ada, bob) = (await shared.NewPersonAsync(), await shared.NewPersonAsync());
        await ada.Client.WriteAsync("user/own.py", "print('secret')");

        using var answer = await bob.Client.PostAsJsonAsync("/api/v1/runs", new StartRunRequest { Language = "python", Path = "user/own.py" }, Cancellation);

        await answer.RefusedAsync(HttpStatusCode.NotFound, "volumes.not_found");
    }

    [Theory]
    [InlineData("end", null, "cancelled")]
    [InlineData("end", "s", "cancelled")]
    [InlineData("keep", null, "succeeded")]
    [InlineData(null, "s", "succeeded")]
    public async Task A_run_whose_client_goes_away_goes_on_unless_it_is_to_end(string? abandon, string? session, string state)
    {
        var ada = await shared.NewPersonAsync();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var request = Python("import time\nprint('begun')\nfor _ in range(60):\n    time.sleep(0.05)") with { Abandon = abandon, Session = session };
        var waiting = ada.Client.PostAsJsonAsync("/api/v1/runs?wait=60", request, patience.Token);
        RunList? runs;
        do
            runs = await ada.Client.GetFromJsonAsync<RunList>("/api/v1/runs", Answers.Json, Cancellation);
        while (runs!.Runs.Count == 0);
        await ada.EventsUntilAsync(runs.Runs[0].Id, IsLine);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        var ended = await ada.EndedAsync(runs.Runs[0].Id);
        Assert.Equal(state, ended.State);
        Assert.Equal(state == "cancelled" ? "The client that waited for it went away." : null, ended.Reason);
        Assert.Equal(session is null ? "none" : "kept", ended.SessionState);
    }

    [Fact]
    public async Task A_key_finds_the_run_of_its_file_though_the_file_is_another_by_then()
    {
        var ada = await shared.NewPersonAsync();
        await ada.Client.WriteAsync("user/a.py", "1");
        var ids = new List<string>();
        foreach (var text in new[] { "1", "2" })
        {
            await ada.Client.WriteAsync("user/a.py", text);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/runs?wait=30") { Content = JsonContent.Create(new StartRunRequest { Language = "python", Path = "user/a.py" }) };
            request.Headers.Add("Idempotency-Key", "once");
            using var answer = await ada.Client.SendAsync(request, Cancellation);
            ids.Add((await answer.ReadAsync<RunRecord>()).Id);
        }

        Assert.Equal(ids[0], ids[1]);
    }
}
