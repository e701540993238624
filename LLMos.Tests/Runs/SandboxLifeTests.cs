using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Tests.Foundation;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs;

/// <summary>Cables pulled: processes killed, the server stopped, the disk full, a layer missing.</summary>
public sealed class SandboxLifeTests
{
    [Fact]
    public async Task A_killed_forkserver_ends_its_runs_as_crashed_and_is_replaced()
    {
        await using var server = await StartAsync();
        var ada = await PersonAsync(server, "ada");
        var run = await ada.StartAsync("print('begun')\nwhile True: pass");
        await ada.EventsUntilAsync(run.Id, IsLine);

        Process.GetProcessById(SharedServer.ForkserverOf(server)).Kill();

        var ended = await ada.EndedAsync(run.Id);
        Assert.Equal(("crashed", "begun\n"), (ended.State, ended.Stdout.Text));
        Assert.Equal("succeeded", (await ada.RunAsync("print('again')")).State);
    }

    [Fact]
    public async Task A_worker_killed_from_outside_ends_its_run_as_crashed_and_one_killed_while_it_waits_costs_nothing()
    {
        await using var server = await StartAsync(("Runs:WaitingWorkers", "2"));
        var ada = await PersonAsync(server, "ada");
        SharedServer.WorkersOf(server).ForEach(worker => worker.Kill());
        var run = await ada.StartAsync("print('begun')\nwhile True: pass");
        await ada.EventsUntilAsync(run.Id, IsLine);

        SharedServer.WorkersOf(server).ForEach(worker => worker.Kill());

        var ended = await ada.EndedAsync(run.Id);
        Assert.Equal(("crashed", "begun\n"), (ended.State, ended.Stdout.Text));
        Assert.Contains("SIGKILL", ended.Reason, StringComparison.Ordinal);
        Assert.Equal("succeeded", (await ada.RunAsync("print('again')")).State);
    }

    [Fact]
    public async Task All_waiting_workers_killed_at_once_cost_the_next_run_nothing()
    {
        await using var server = await StartAsync(("Runs:WaitingWorkers", "6"));
        var ada = await PersonAsync(server, "ada");
        await Eventually.HoldsAsync(() => SharedServer.WorkersOf(server).Count == 6, "six workers wait");
        var killed = SharedServer.WorkersOf(server);

        killed.ForEach(worker => worker.Kill());
        await Eventually.HoldsAsync(() => !killed.Exists(worker => Directory.Exists($"/proc/{worker.Id}")), "they are gone");

        Assert.Equal("succeeded", (await ada.RunAsync("print(1)")).State);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_the_sandbox_starts_ends_at_once()
    {
        using var folder = new TemporaryFolder();
        var python = folder["python-that-takes-its-time"];
        File.WriteAllText(python, "#!/bin/sh\nexec sleep 3600\n");
        File.SetUnixFileMode(python, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var server = new LLMosServer(("Runs:Python", python)).Listen();
        var ada = await PersonAsync(server, "ada");
        var run = await ada.StartAsync("print(1)");

        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{run.Id}/cancel", content: null);

        Assert.Equal("cancelled", (await cancelled.ReadAsync<RunSummary>()).State);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_before_its_worker_has_the_code_ends_as_cancelled()
    {
        await using var server = await StartAsync();
        var now = DateTime.UnixEpoch;
        // More than the connection takes before the worker reads it.
        var request = Python($"print(1)#{new string('x', 1_000_000)}");
        var run = new Run("run", new("ada", "ada", Role.Member), request, new(30, 256, 1_000_000), now);
        using var log = LLMos.Server.Foundation.Streams.EventLog.Create(Path.Combine(server.DataPath, "run.log"), new());
        run.TryStart(now);
        run.Cancel("She said so.");

        var end = server.Services.GetRequiredService<PythonSandbox>().Execute(run, new(log, now, TimeProvider.System, 1000));

        Assert.Equal((RunState.Cancelled, "She said so."), (end.State, end.Reason));
    }

    [Fact]
    public async Task A_stopped_server_ends_its_runs_as_cancelled_leaves_nothing_running_and_knows_them_when_it_starts()
    {
        using var folder = new TemporaryFolder();
        var (running, waiting, forkserver) = ("", "", 0);
        await using (var server = await StartAsync(("Data:Path", folder.Path)))
        {
            var ada = await PersonAsync(server, "ada");
            running = (await ada.StartAsync("print('begun')\nwhile True: pass")).Id;
            await ada.EventsUntilAsync(running, IsLine);
            waiting = (await ada.StartAsync("print(2)")).Id;
            forkserver = SharedServer.ForkserverOf(server);
        }

        await Eventually.HoldsAsync(() => !Directory.Exists($"/proc/{forkserver}"), "the forkserver is gone");
        await using var next = await StartAsync(("Data:Path", folder.Path));
        var again = await PersonAsync(next, "ada");
        foreach (var id in new[] { running, waiting })
        {
            var run = await again.GetRunAsync(id);
            Assert.Equal(("cancelled", "The server stopped."), (run.State, run.Reason));
        }

        Assert.Equal("begun\n", (await again.EventsUntilAsync(running, _ => false)).TextOf("stdout"));
    }

    [Fact]
    public async Task A_stopped_server_tells_those_who_follow_a_run_how_it_ended_and_does_not_wait_for_them()
    {
        var server = await StartAsync();
        var ada = await PersonAsync(server, "ada");
        var run = await ada.StartAsync("print('begun')\nwhile True: pass");
        // Not a client of the server's own: those end before it does.
        using var client = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(ada.Client.BaseAddress!, $"/api/v1/runs/{run.Id}/events"));
        request.Headers.Accept.Add(new("text/event-stream"));
        request.Headers.Authorization = new("Bearer", ada.Token);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var following = answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        await server.DisposeAsync().AsTask().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);

        Assert.Contains("\"state\":\"cancelled\",\"reason\":\"The server stopped.\"", await following, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_servers_runs_are_recorded_as_cancelled_with_what_they_printed()
    {
        using var folder = new TemporaryFolder();
        string id;
        await using (var first = await StartAsync(("Data:Path", folder.Path)))
            id = (await (await PersonAsync(first, "ada")).RunAsync("print('begun')")).Id;
        // What a kill leaves: the record of the start, and a log that nobody completed.
        await using (var editor = await StartAsync(("Data:Path", folder.Path)))
            await RewindAsync(editor, id);

        await using var next = await StartAsync(("Data:Path", folder.Path));
        var run = await (await PersonAsync(next, "ada")).GetRunAsync(id);

        Assert.Equal(("cancelled", "begun\n"), (run.State, run.Stdout.Text));
        Assert.Contains("server ended", run.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_back_does_not_keep_the_server_from_starting()
    {
        using var folder = new TemporaryFolder();
        string id;
        await using (var first = await StartAsync(("Data:Path", folder.Path)))
        {
            id = (await (await PersonAsync(first, "ada")).RunAsync("print('begun')")).Id;
            await RewindAsync(first, id);
        }

        // What a power cut leaves of a file whose blocks never reached the disk.
        File.WriteAllBytes(Path.Combine(HiddenFolder.Find(folder["runs"]), $"{id}.log"), new byte[4096]);

        await using var next = await StartAsync(("Data:Path", folder.Path));
        Assert.Equal("cancelled", (await (await PersonAsync(next, "ada")).GetRunAsync(id)).State);
    }

    [Fact]
    public async Task A_missing_layer_refuses_runs_with_the_reason_unless_the_floor_is_lower()
    {
        using var folder = new TemporaryFolder();
        var python = MakeInterpreterWithoutLandlock(folder);
        await using (var strict = await StartAsync(("Runs:Python", python)))
        {
            strict.Log.Announce("a required layer of isolation is missing");
            var ada = await PersonAsync(strict, "ada");
            using var refused = await ada.Client.PostAsJsonAsync("/api/v1/runs", Python("print(1)"));
            await refused.RefusedAsync(HttpStatusCode.ServiceUnavailable, "runs.sandbox_unavailable");
            var isolation = await ada.Client.GetFromJsonAsync<IsolationAnswer>("/api/v1/system/isolation", Answers.Json);
            Assert.Equal((false, "landlock"), (isolation!.Ready, Assert.Single(isolation.Layers, layer => !layer.Held).Name));
            Assert.Contains("/etc/passwd could be opened", isolation.Reason, StringComparison.Ordinal);
        }

        await using var lenient = await StartAsync(("Runs:Python", python), ("Runs:RequiredLayers", "rlimits,privileges,seccomp"));
        Assert.Equal("succeeded", (await (await PersonAsync(lenient, "bob")).RunAsync("print(1)")).State);
    }

    [Theory]
    [InlineData("/bin/false")]
    [InlineData("/nowhere/python3")]
    public async Task An_interpreter_that_does_not_start_is_said_and_runs_are_refused(string python)
    {
        await using var server = await StartAsync(("Runs:Python", python));
        server.Log.Announce("The sandbox cannot start");
        var ada = await PersonAsync(server, "ada");

        using var refused = await ada.Client.PostAsJsonAsync("/api/v1/runs", Python("print(1)"));

        await refused.RefusedAsync(HttpStatusCode.ServiceUnavailable, "runs.sandbox_unavailable");
    }

    [Fact]
    public async Task A_full_disk_ends_the_run_with_the_reason_and_the_server_goes_on_when_there_is_room()
    {
        using var folder = new TemporaryFolder();
        using var disk = SmallDisk.TryMount(folder["small"], 64);
        Assert.SkipWhen(disk is null, "Needs the right to mount a tmpfs.");
        await using var server = await StartAsync(("Data:Path", disk.Path));
        server.Log.Announce("could not be kept");
        var ada = await PersonAsync(server, "ada");
        Assert.Equal("succeeded", (await ada.RunAsync("print(1)")).State);

        var full = await ada.RunAsync("while True: print('x' * 1000)");

        Assert.Equal("cancelled", full.State);
        Assert.Contains("disk", full.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.True(full.Stdout.Bytes > 1_000_000);
        File.Delete(Path.Combine(HiddenFolder.Find(Path.Combine(disk.Path, "runs")), $"{full.Id}.log"));
        Assert.Equal("succeeded", (await ada.RunAsync("print(2)")).State);
    }

    [Fact]
    public async Task A_disk_that_fills_up_while_runs_wait_ends_each_of_them_and_the_server_goes_on()
    {
        using var folder = new TemporaryFolder();
        using var disk = SmallDisk.TryMount(folder["small"], 64);
        Assert.SkipWhen(disk is null, "Needs the right to mount a tmpfs.");
        await using var server = await StartAsync(("Data:Path", disk.Path), ("Runs:MaxQueuedPerUser", "64"));
        server.Log.Announce("could not be kept");
        var ada = await PersonAsync(server, "ada");
        var running = await ada.StartAsync("while True: pass", timeoutSeconds: 60);
        var waiting = new List<string>();
        // So many that being told of each new position takes more than the page that its log has on the disk.
        for (var number = 0; number < 50; number++)
            waiting.Add((await ada.StartAsync("print(1)")).Id);

        Fill(disk);
        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{running.Id}/cancel", content: null);

        Assert.Equal("cancelled", (await ada.EndedAsync(running.Id)).State);
        foreach (var id in waiting)
            Assert.True((await ada.EndedAsync(id)).State is "succeeded" or "cancelled");
        File.Delete(Path.Combine(disk.Path, "fill"));
        Assert.Equal("succeeded", (await ada.RunAsync("print(2)")).State);
    }

    private static void Fill(SmallDisk disk)
    {
        using var file = File.Create(Path.Combine(disk.Path, "fill"), bufferSize: 0);
        var (page, room) = (new byte[4096], new DriveInfo(disk.Path).AvailableFreeSpace);
        for (var written = 0L; written < room; written += page.Length)
            file.Write(page);
        Assert.Equal(0, new DriveInfo(disk.Path).AvailableFreeSpace);
    }

    private static async Task RewindAsync(LLMosServer server, string id)
    {
        var store = server.Services.GetRequiredService<RunStore>();
        // An answer does not wait for it.
        await Eventually.HoldsAsync(() => store.Find(id) is { Record.EndedAt: not null }, "the run is kept");
        var run = store.Find(id)!;
        var path = Path.Combine(HiddenFolder.Find(Path.Combine(server.DataPath, "runs")), $"{id}.log");
        List<byte[]> before;
        using (var log = store.OpenLog(id))
            before = [.. log.Read(0, 100, int.MaxValue).Where(entry => RunOutput.Decode(entry).Type != "ended").Select(entry => entry.Payload.ToArray())];
        File.Delete(path);
        using (var log = store.CreateLog(id))
            before.ForEach(payload => log.Append(payload));
        await store.SaveAsync(run with { Record = run.Record with { State = "running", EndedAt = null, Stdout = new("", 0, 0) } });
    }

    /// <summary>A stand-in for a kernel without Landlock: the same program, whose question for the ABI is answered with 0.</summary>
    private static string MakeInterpreterWithoutLandlock(TemporaryFolder folder)
    {
        var copy = Directory.CreateDirectory(folder["python"]).FullName;
        var original = Path.Combine(AppContext.BaseDirectory, "Runs", "Sandboxes", "python");
        foreach (var file in Directory.EnumerateFiles(original, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".pyc", StringComparison.Ordinal)))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(original, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        File.AppendAllText(Path.Combine(copy, "llmos_bootstrap", "landlock.py"), "\n\ndef abi():\n    return 0\n");
        var script = folder["python-without-landlock"];
        File.WriteAllText(script, $"#!/bin/sh\nexec /usr/bin/python3 -I {copy}/llmos_bootstrap \"$3\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return script;
    }

    private static async Task<LLMosServer> StartAsync(params (string, string)[] settings)
    {
        var server = new LLMosServer([LightPython.Setting, .. settings]).Listen();
        await SharedServer.WarmAsync(server);
        return server;
    }

    private static async Task<Person> PersonAsync(LLMosServer server, string name) => new(server, await server.TokenAsync(name));
}
