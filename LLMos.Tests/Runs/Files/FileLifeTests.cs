using System.Diagnostics;
using System.Net;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using LLMos.Tests.Volumes;

namespace LLMos.Tests.Runs.Files;

/// <summary>When what a program writes is seen by others, when it is not, and what its record says of it.</summary>
public sealed class FileLifeTests(SharedServer server)
{
    private const string Waiting = """
        import os, time
        def wait():
            print('waiting', flush=True)
            while not os.path.exists('user/go'): time.sleep(0.005)

        """;

    // More than a draft keeps in memory, so that it lies on the disk.
    private const string Half = "f.write('x' * 3_000_000); f.flush(); print('waiting', flush=True)\n";

    [Fact]
    public async Task A_write_over_what_somebody_else_changed_is_refused_with_both_versions_named()
    {
        var person = await server.NewPersonAsync();
        await person.Client.WriteAsync("user/a.txt", "first");
        var run = await person.StartAsync(Waiting + "with open('user/a.txt', 'w') as f:\n    f.write('mine')\n    wait()");
        await WaitingAsync(person, run);

        await person.Client.WriteAsync("user/a.txt", "theirs");
        await person.Client.WriteAsync("user/go", "");

        var record = await person.EndedAsync(run.Id);
        Assert.Equal("failed", record.State);
        Assert.Equal("FileConflict", record.Error!.Name);
        Assert.Contains("is at version 2", record.Error.Message, StringComparison.Ordinal);
        Assert.Contains("you have seen version 1", record.Error.Message, StringComparison.Ordinal);
        Assert.Equal("theirs", await person.Client.ReadTextAsync("user/a.txt"));
        Assert.Empty(record.Files);
    }

    [Theory]
    [InlineData("open('user/a.csv', 'w').write(text)")]
    [InlineData("open('user/a.csv', 'r+').write(text)")]
    [InlineData("pd.DataFrame().to_csv('user/a.csv')")]
    [InlineData("open('user/b.csv', 'w').write(text); os.replace('user/b.csv', 'user/a.csv')")]
    [InlineData("open('user/b.csv', 'w').write(text); shutil.copyfile('user/b.csv', 'user/a.csv')")]
    public async Task What_was_read_and_changed_does_not_take_the_place_of_what_somebody_saved_meanwhile(string saves)
    {
        var person = await server.NewPersonAsync();
        await person.Client.WriteAsync("user/a.csv", "x\n1\n");
        var run = await person.StartAsync(Waiting + $"import shutil, pandas as pd\nd = pd.read_csv('user/a.csv'); text = d.to_csv()\nwait()\n{saves}");
        await WaitingAsync(person, run);

        await person.Client.WriteAsync("user/a.csv", "theirs");
        await person.Client.WriteAsync("user/go", "");

        var record = await person.EndedAsync(run.Id);
        Assert.Equal("FileConflict", record.Error?.Name);
        Assert.Contains("is at version 2", record.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("you have seen version 1", record.Error.Message, StringComparison.Ordinal);
        Assert.Equal("theirs", await person.Client.ReadTextAsync("user/a.csv"));
    }

    [Fact]
    public async Task A_session_may_write_what_it_has_read_again_what_it_wrote_itself_and_what_it_never_read()
    {
        var person = await server.NewPersonAsync();
        await person.Client.WriteAsync("user/a", "1");
        StartRunRequest In(string code) => RunCalls.Python(code) with { Session = "s" };
        async Task<string> RunAsync(string code) => (await person.RunAsync(In(code))) is var record && record.Error is { } error ? error.Name : record.State;

        Assert.Equal("succeeded", await RunAsync("a = open('user/a').read(); open('user/never', 'w').write('1')"));
        await person.Client.WriteAsync("user/a", "2");
        await person.Client.WriteAsync("user/never", "2");
        Assert.Equal("succeeded", await RunAsync("open('user/never', 'w').write('3')"));
        Assert.Equal("FileConflict", await RunAsync("open('user/a', 'w').write(a)"));
        Assert.Equal("FileConflict", await RunAsync("open('user/a', 'w').write(a)"));
        Assert.Equal("2", await person.Client.ReadTextAsync("user/a"));
        Assert.Equal("succeeded", await RunAsync("with open('user/a', 'a+') as f: f.write('+')"));
        Assert.Equal("succeeded", await RunAsync("a = open('user/a').read(); open('user/a', 'w').write(a + '3'); open('user/a', 'w').write(a + '4')"));
        Assert.Equal("2+4", await person.Client.ReadTextAsync("user/a"));
        Assert.Equal("succeeded", await RunAsync("import os; os.rename('user/a', 'user/b'); open('user/b', 'w').write('5'); os.remove('user/b'); open('user/b', 'w').write('6')"));
        (await person.Client.SendAsync(HttpMethod.Delete, "files/user/b")).Dispose();
        Assert.Equal("succeeded", await RunAsync("open('user/b', 'w').write('7')"));
    }

    [Fact]
    public async Task A_conflict_of_a_file_that_nobody_closes_ends_the_run_as_failed_too()
    {
        var person = await server.NewPersonAsync();
        var run = await person.StartAsync(Waiting + "def save():\n    f = open('user/a.txt', 'w'); f.write('mine'); wait()\nsave()\nprint('went on')");
        await WaitingAsync(person, run);

        await person.Client.WriteAsync("user/a.txt", "theirs");
        await person.Client.WriteAsync("user/go", "");

        var record = await person.EndedAsync(run.Id);
        Assert.Equal("failed", record.State);
        Assert.Equal("FileConflict", record.Error!.Name);
        Assert.Contains("went on", record.Stdout.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_seen_by_others_when_it_is_closed_and_appends_of_two_both_arrive()
    {
        var person = await server.NewPersonAsync();
        await person.Client.WriteAsync("user/log", "1\n");
        var run = await person.StartAsync(
            Waiting + "with open('user/new', 'w') as f, open('user/log', 'a') as log:\n    f.write('a' * 400_000); f.flush(); log.write('3\\n'); log.flush(); wait()\nassert open('user/log').read() == '1\\n2\\n3\\n'");
        await WaitingAsync(person, run);

        using (var answer = await person.Client.SendAsync(HttpMethod.Get, "files/user/new"))
            await answer.RefusedAsync(HttpStatusCode.NotFound, "volumes.not_found");
        (await person.Client.AppendAsync("user/log", "2\n")).EnsureSuccessStatusCode();
        await person.Client.WriteAsync("user/go", "");

        var record = await person.EndedAsync(run.Id);
        Assert.True(record.State == "succeeded", record.Error?.Traceback);
        Assert.Equal(400_000, (await person.Client.ReadTextAsync("user/new")).Length);
    }

    [Theory]
    [InlineData("with open('user/half', 'w') as f:\n    " + Half + "    while True: pass")]
    [InlineData("f = open('user/half', 'w')\n" + Half + "while True: pass")]
    [InlineData("def work():\n    f = open('user/half', 'w'); " + Half + "    import time; time.sleep(30)\nwork()")]
    [InlineData("import asyncio\nwith open('user/half', 'w') as f:\n    " + Half + "    await asyncio.sleep(30)")]
    public async Task An_interrupted_run_leaves_no_half_file(string program)
    {
        var person = await server.NewPersonAsync();
        var run = await person.StartAsync(program);
        await WaitingAsync(person, run);

        using var interrupt = await person.Client.PostAsync(new Uri($"/api/v1/runs/{run.Id}/interrupt", UriKind.Relative), null, TestContext.Current.CancellationToken);

        Assert.Equal("cancelled", (await person.EndedAsync(run.Id)).State);
        await NothingAsync(person, "half");
    }

    [Fact]
    public async Task What_a_program_saves_when_it_is_interrupted_stays()
    {
        var person = await server.NewPersonAsync();
        var run = await person.StartAsync("try:\n    print('waiting', flush=True)\n    while True: pass\nexcept KeyboardInterrupt:\n    with open('user/saved', 'w') as f: f.write('state')");
        await WaitingAsync(person, run);

        using var interrupt = await person.Client.PostAsync(new Uri($"/api/v1/runs/{run.Id}/interrupt", UriKind.Relative), null, TestContext.Current.CancellationToken);

        Assert.Equal("succeeded", (await person.EndedAsync(run.Id)).State);
        Assert.Equal("state", await person.Client.ReadTextAsync("user/saved"));
    }

    [Theory]
    [InlineData("while True: pass", "timed-out")]
    [InlineData("import os; os.abort()", "crashed")]
    [InlineData("x = [0] * 10**10", "memory-exceeded")]
    [InlineData("while True: print('x' * 1_000_000)", "output-exceeded")]
    public async Task A_run_that_a_limit_ends_leaves_no_half_file_and_no_draft(string then, string state)
    {
        var person = await server.NewPersonAsync();

        var record = await person.RunAsync("f = open('user/half', 'w')\n" + Half + then, timeoutSeconds: state == "timed-out" ? 0.5 : 20);

        Assert.Equal(state, record.State);
        await NothingAsync(person, "half");
        var drafts = Path.Combine(HiddenFolder.Find(Path.Combine(server.Server.DataPath, "contents")), "incoming");
        await Eventually.HoldsAsync(() => Directory.GetFiles(drafts).Length == 0, "drafts are gone");
    }

    [Theory]
    [InlineData(false, "timed-out")]
    [InlineData(true, "cancelled")]
    public async Task A_program_that_does_not_read_its_answers_is_ended_all_the_same(bool cancels, string state)
    {
        var person = await server.NewPersonAsync();
        var program = """
            import os, json, struct
            with open('user/large', 'wb') as f: f.write(bytes(1 << 20))
            file = open('user/large', 'rb', 0)
            print('waiting', flush=True)
            call = json.dumps({'call': 'read', 'handle': file._handle, 'offset': 0, 'length': 1 << 20}).encode()
            while True: os.write(3, struct.pack('>I', len(call)) + call)
            """;
        var run = await person.StartAsync(program, timeoutSeconds: cancels ? 30 : 1);
        await WaitingAsync(person, run);
        var clock = Stopwatch.StartNew();

        if (cancels)
            (await person.Client.PostAsync(new Uri($"/api/v1/runs/{run.Id}/cancel", UriKind.Relative), null, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();

        Assert.Equal(state, (await person.EndedAsync(run.Id)).State);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task The_record_lists_what_became_of_each_file_and_the_events_every_step()
    {
        var person = await server.NewPersonAsync();
        await person.Client.WriteAsync("user/old", "1");
        await person.Client.WriteAsync("user/gone", "1");
        await person.Client.WriteAsync("user/here", "1");

        var record = await person.RunAsync("""
            import os
            os.mkdir('user/d')
            for n in range(3):
                with open('user/d/new', 'w') as f: f.write('x' * n)
            print('between')
            with open('user/old', 'a') as f: f.write('2')
            os.remove('user/gone'); os.rename('user/here', 'user/there')
            open('user/tmp', 'w').close(); os.remove('user/tmp')
            with open('user/d/part', 'w') as f: f.write('final')
            os.replace('user/d/part', 'user/d/final')
            """);

        Assert.True(record.State == "succeeded", record.Error?.Traceback);
        Assert.Equal(
            [
                new("user/d", "created"), new("user/d/new", "created", 2, 3), new("user/old", "changed", 2, 2), new("user/gone", "removed"),
                new("user/there", "moved", 1, 1, "user/here"), new("user/d/final", "created", 5, 1),
            ],
            record.Files);
        Assert.Equal(0, record.FilesOmitted);
        var events = await person.EventsUntilAsync(record.Id, _ => false);
        var steps = events.Where(happened => happened.Type is "file" or "stdout").Select(happened => happened.File is { } file ? $"{file.Change} {file.Path}" : "text");
        Assert.Equal(
            [
                "created user/d", "created user/d/new", "changed user/d/new", "changed user/d/new", "text", "changed user/old", "removed user/gone", "moved user/there",
                "created user/tmp", "removed user/tmp", "created user/d/part", "moved user/d/final",
            ],
            steps);
    }

    [Fact]
    public async Task A_session_keeps_its_files_open_and_a_later_run_closes_them()
    {
        var person = await server.NewPersonAsync();
        StartRunRequest In(string code) => RunCalls.Python(code) with { Session = "s" };
        Assert.Equal("succeeded", (await person.RunAsync(In("import os\nos.mkdir('user/d'); os.chdir('user/d')\nf = open('kept.txt', 'w'); f.write('one')"))).State);
        await NothingAsync(person, "d/kept.txt");

        var second = await person.RunAsync(In("f.write(' two'); f.close(); os.getcwd()"));

        Assert.Equal("'/user/d'", second.Result!["text/plain"]);
        Assert.Equal([new("user/d/kept.txt", "created", 7, 1)], second.Files);
        Assert.Equal("one two", await person.Client.ReadTextAsync("user/d/kept.txt"));
    }

    [Fact]
    public async Task People_see_their_own_user_volume_and_one_team()
    {
        var (anna, ben) = (await server.NewPersonAsync(), await server.NewPersonAsync());
        await anna.RunAsync("open('user/secret.txt', 'w').write('of anna'); open('team/shared.txt', 'w').write('for all')");

        var record = await ben.RunAsync("import os\nassert not os.listdir('user') and not os.path.exists('user/secret.txt')\nprint(open('team/shared.txt').read())");

        Assert.Equal("for all\n", record.Stdout.Text);
    }

    [Theory]
    [InlineData("struct.pack('>I', 5) + b'hello'")]
    [InlineData("struct.pack('>I', 1 << 30)")]
    [InlineData("frame({'call': 'format'})")]
    [InlineData("frame({'call': 'stat'})")]
    [InlineData("frame({'call': 'stat', 'path': 'user', 'as': 'root'})")]
    [InlineData("frame({'call': 'read', 'handle': 99, 'offset': 0, 'length': 1})")]
    [InlineData("frame({'call': 'stat', 'path': 'user', 'bytes': 10})")]
    [InlineData("frame({'call': 'write', 'handle': 1, 'offset': 0, 'bytes': 2_000_000})")]
    [InlineData("frame({'call': 'write', 'handle': reader, 'offset': 0, 'bytes': 1}) + b'x'")]
    public async Task A_call_that_is_none_ends_the_run(string bytes)
    {
        var person = await server.NewPersonAsync();

        var record = await person.RunAsync($$"""
            import os, json, struct
            with open('user/l', 'wb') as f: f.write(bytes(100_000))
            file = open('user/l', 'rb'); reader = file.raw._handle
            def frame(call): text = json.dumps(call).encode(); return struct.pack('>I', len(text)) + text
            os.write(3, {{bytes}})
            while True: pass
            """);

        Assert.Equal("crashed", record.State);
        Assert.StartsWith("protocol: ", record.Reason, StringComparison.Ordinal);
    }

    private static async Task WaitingAsync(Person person, RunRecord run) =>
        await person.EventsUntilAsync(run.Id, happened => happened.Type == "stdout" && happened.Text.ToString()!.Contains("waiting", StringComparison.Ordinal));

    private static async Task NothingAsync(Person person, string name)
    {
        using var answer = await person.Client.SendAsync(HttpMethod.Get, $"files/user/{name}");
        await answer.RefusedAsync(HttpStatusCode.NotFound, "volumes.not_found");
    }
}
