using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Accounts;
using LLMos.Tests.Hosting;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs.Sessions;

/// <summary>Sessions whose time is over, whose process is killed, whose server ends, and servers that have no room.</summary>
public sealed class SessionLifeTests
{
    [Fact]
    public async Task A_session_that_nobody_uses_is_closed_and_the_next_run_says_so_and_names_its_variables()
    {
        var clock = LLMosServer.Clock();
        await using var server = new LLMosServer(LightPython.Setting, ("Runs:WaitingWorkers", "0")) { Time = clock }.Listen();
        await SharedServer.WarmAsync(server);
        var ada = await PersonAsync(server);
        await ada.RunInAsync("s", "x = 1");
        clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal("kept", (await ada.RunInAsync("s", "y = 2.5")).SessionState);
        var worker = SessionWorkerOf(server);

        clock.Advance(TimeSpan.FromMinutes(30));

        Assert.Empty((await ada.SessionsAsync()).Sessions);
        await Eventually.HoldsAsync(() => !Directory.Exists($"/proc/{worker}"), "its process is gone");
        var next = await ada.RunInAsync("s", "1");
        Assert.Equal(("lost", "It was closed after 30 minutes without a run."), (next.SessionFound, next.SessionLoss!.Reason));
        Assert.Equal([("x", "int"), ("y", "float")], next.SessionLoss.Variables.Select(variable => (variable.Name, variable.Type)));
    }

    [Fact]
    public async Task After_a_restart_the_next_run_says_what_was_lost_but_not_of_a_session_that_was_closed()
    {
        using var folder = new TemporaryFolder();
        await using (var first = await StartAsync(("Data:Path", folder.Path)))
        {
            var ada = await PersonAsync(first);
            await ada.RunInAsync("s", "x = 1");
            await ada.RunInAsync("closed", "x = 1");
            using var closed = await ada.Client.DeleteAsync("/api/v1/sessions/closed");
        }

        await using var second = await StartAsync(("Data:Path", folder.Path));
        var again = await PersonAsync(second);

        var run = await again.RunInAsync("s", "1");
        Assert.Equal(("lost", "The server was restarted."), (run.SessionFound, run.SessionLoss!.Reason));
        Assert.Equal("x", run.SessionLoss.Variables.Single().Name);
        Assert.Equal("fresh", (await again.RunInAsync("closed", "1")).SessionFound);
    }

    [Fact]
    public async Task Of_many_variables_with_long_names_the_newest_are_named_when_they_are_lost_and_the_others_counted()
    {
        await using var server = await StartAsync();
        var ada = await PersonAsync(server);
        await ada.RunInAsync("s", "for number in range(200): globals()[f'a{number:03}' + 90 * 'x'] = type(90 * 'T', (), {})()\nlast = 1");

        var killed = await ada.RunInAsync("s", "import os\nos._exit(1)");

        Assert.Equal("lost", killed.SessionState);
        var loss = killed.SessionLoss!;
        Assert.Equal("last", loss.Variables[^1].Name);
        Assert.InRange(loss.Variables.Sum(variable => variable.Name.Length + variable.Type.Length), 6 * 1024, 8 * 1024);
        // And the loop's own.
        Assert.Equal(202, loss.Variables.Count + loss.Omitted);
    }

    [Fact]
    public async Task A_run_that_ends_before_its_program_begins_loses_nothing()
    {
        using var folder = new TemporaryFolder();
        var python = folder["python-that-takes-its-time"];
        File.WriteAllText(python, "#!/bin/sh\nexec sleep 3600\n");
        File.SetUnixFileMode(python, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var server = new LLMosServer(("Runs:Python", python)).Listen();
        var ada = await PersonAsync(server);
        var run = await ada.StartInAsync("s", "1");
        await ada.EventsUntilAsync(run.Id, happened => happened.Type == "started");

        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{run.Id}/cancel", content: null);

        Assert.Equal("fresh", (await ada.GetRunAsync(run.Id)).SessionState);
        using var nothing = await ada.Client.DeleteAsync("/api/v1/sessions/s");
        await nothing.RefusedAsync(HttpStatusCode.NotFound, "runs.session_not_found");
    }

    [Fact]
    public async Task A_session_whose_process_is_killed_while_it_waits_is_lost()
    {
        await using var server = await StartAsync();
        var ada = await PersonAsync(server);
        await ada.RunInAsync("s", "x = 1");

        Process.GetProcessById(SessionWorkerOf(server)).Kill();

        await Eventually.HoldsAsync(() => server.Log.Lines.Any(line => line.Contains("ended from outside", StringComparison.Ordinal)), "the server has noticed");
        var run = await ada.RunInAsync("s", "1");
        Assert.Equal(("lost", "x"), (run.SessionFound, run.SessionLoss!.Variables.Single().Name));
        Assert.Contains("SIGKILL", run.SessionLoss.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_runs_in_a_session_between_its_runs()
    {
        await using var server = await StartAsync();
        var ada = await PersonAsync(server);
        // Says that it has ended, and goes on.
        await ada.RunInAsync("s", """
            import llmos.line, os, struct
            frame = b'{"type":"ended","outcome":"succeeded"}'
            os.write(1, llmos.line._channel._marker + struct.pack('>I', len(frame)) + frame)
            while True: pass
            """);
        var worker = SessionWorkerOf(server);

        await Eventually.HoldsAsync(() => StateOf(worker) == 'T', "the kernel has stopped it");

        using var closed = await ada.Client.DeleteAsync("/api/v1/sessions/s");
        await Eventually.HoldsAsync(() => !Directory.Exists($"/proc/{worker}"), "a stopped process can be ended");
    }

    [Fact]
    public async Task A_session_that_is_closed_while_another_run_waits_for_it_leaves_no_process_behind()
    {
        await using var server = await StartAsync();
        var ada = await PersonAsync(server);
        var running = await ada.StartInAsync("s", "print('begun')\nwhile True: pass");
        await ada.EventsUntilAsync(running.Id, IsLine);
        var waiting = await ada.StartInAsync("s", "x = 1");

        using var closed = await ada.Client.DeleteAsync("/api/v1/sessions/s");

        Assert.Equal("cancelled", (await ada.EndedAsync(running.Id)).State);
        var next = await ada.EndedAsync(waiting.Id);
        Assert.Equal(("succeeded", "fresh", "kept"), (next.State, next.SessionFound, next.SessionState));
        Assert.Equal("1", (await ada.RunInAsync("s", "x")).Result?["text/plain"]);
        Assert.Equal("s", Assert.Single((await ada.SessionsAsync()).Sessions).Name);
        await Eventually.HoldsAsync(() => SharedServer.WorkersOf(server).Count == 1, "the only process is that of the listed session");
    }

    [Fact]
    public async Task An_interrupt_that_comes_too_late_is_not_for_the_next_run()
    {
        await using var server = await StartAsync();
        var ada = await PersonAsync(server);
        await ada.RunInAsync("s", "x = 1");
        var worker = SessionWorkerOf(server);
        await Eventually.HoldsAsync(() => StateOf(worker) == 'T', "the kernel has stopped it");

        using var late = Process.Start("kill", ["-INT", worker.ToString(CultureInfo.InvariantCulture)]);
        await late.WaitForExitAsync(TestContext.Current.CancellationToken);

        var run = await ada.RunInAsync("s", "x");
        Assert.Equal(("succeeded", "1"), (run.State, run.Result?["text/plain"]));
    }

    [Fact]
    public async Task A_session_that_gave_way_to_others_gets_its_share_back_from_a_server_that_may_give_it()
    {
        await using var server = await StartAsync();
        var ada = await PersonAsync(server);
        await ada.RunInAsync("s", "import time\nend = time.monotonic() + 0.3\nwhile time.monotonic() < end: pass");
        var worker = SessionWorkerOf(server);
        var after = NicenessOf(worker);

        await ada.RunInAsync("s", "1");

        Assert.Equal(10, after);
        Assert.Equal(Environment.IsPrivilegedProcess ? 5 : 10, NicenessOf(worker));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_person_who_may_not_run_programs_any_more_leaves_no_session_and_no_run(bool isRemoved)
    {
        await using var server = await StartAsync();
        var ada = await PersonAsync(server);
        await ada.RunInAsync("idle", "x = 1");
        var run = await ada.StartInAsync("busy", "print('begun')\nwhile True: pass");
        await ada.EventsUntilAsync(run.Id, IsLine);
        using var administrator = await server.SignInAsAdministratorAsync();
        var person = $"/api/v1/people/{(await (await ada.Client.GetAsync("/api/v1/account")).ReadAsync<AccountAnswer>()).Id}";

        using var changed = isRemoved ? await administrator.DeleteAsync(person) : await administrator.PatchAsJsonAsync(person, new { role = "viewer" });

        changed.EnsureSuccessStatusCode();
        await Eventually.HoldsAsync(() => SharedServer.WorkersOf(server).Count == 0, "their processes are gone");
    }

    [Fact]
    public async Task More_processor_time_than_a_session_may_use_ends_it_with_that_limit()
    {
        await using var server = await StartAsync(("Runs:SessionCpuSeconds", "60"));
        var ada = await PersonAsync(server);
        await ada.RunInAsync("s", "x = 1");
        // Sixty seconds of processor time at once are not to be had here; the limit itself is.
        var limit = File.ReadLines($"/proc/{SessionWorkerOf(server)}/limits").Single(line => line.StartsWith("Max cpu time", StringComparison.Ordinal));

        Assert.Equal(["60", "60", "seconds"], limit["Max cpu time".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_server_with_as_many_sessions_as_it_may_have_refuses_another_and_goes_on_running()
    {
        await using var server = await StartAsync(("Runs:MaxSessions", "1"));
        var ada = await PersonAsync(server);
        await ada.RunInAsync("s", "x = 1");

        using var refused = await ada.Client.PostAsJsonAsync("/api/v1/runs", Python("1") with { Session = "t" });

        await refused.RefusedAsync(HttpStatusCode.TooManyRequests, "runs.sessions_full");
        Assert.Equal("succeeded", (await ada.RunAsync("1")).State);
        Assert.Equal("kept", (await ada.RunInAsync("s", "x")).SessionState);
    }

    [Fact]
    public async Task Runs_that_were_admitted_together_and_find_no_room_are_refused_with_the_reason()
    {
        await using var server = await StartAsync(("Runs:MaxSessions", "1"));
        var ada = await PersonAsync(server);
        var before = await ada.StartAsync("while True: pass");
        var first = await ada.StartInAsync("s", "1");
        var second = await ada.StartInAsync("t", "1");

        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{before.Id}/cancel", content: null);

        Assert.Equal("succeeded", (await ada.EndedAsync(first.Id)).State);
        var ended = await ada.EndedAsync(second.Id);
        Assert.Equal("refused", ended.State);
        Assert.Contains("1 sessions are open", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_is_short_of_memory_begins_no_session()
    {
        await using var server = await StartAsync(("Runs:SessionReserveMegabytes", "1048576"));
        var ada = await PersonAsync(server);

        using var refused = await ada.Client.PostAsJsonAsync("/api/v1/runs", Python("1") with { Session = "s" });

        await refused.RefusedAsync(HttpStatusCode.TooManyRequests, "runs.memory_short");
        Assert.Equal("succeeded", (await ada.RunAsync("1")).State);
    }

    // No worker waits, so the only one is the session's.
    private static int SessionWorkerOf(LLMosServer server) => Assert.Single(SharedServer.WorkersOf(server)).Id;

    private static char StateOf(int process) => FactsOf(process)[0][0];

    private static int NicenessOf(int process) => int.Parse(FactsOf(process)[16], CultureInfo.InvariantCulture);

    // proc(5), from the third on: the second may have blanks.
    private static string[] FactsOf(int process)
    {
        var facts = File.ReadAllText($"/proc/{process}/stat");
        return facts[(facts.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static async Task<Person> PersonAsync(LLMosServer server) => new(server, await server.TokenAsync("ada"));

    private static async Task<LLMosServer> StartAsync(params (string Key, string Value)[] settings)
    {
        var server = new LLMosServer([LightPython.Setting, .. settings, ("Runs:WaitingWorkers", "0")]).Listen();
        await SharedServer.WarmAsync(server);
        return server;
    }
}
