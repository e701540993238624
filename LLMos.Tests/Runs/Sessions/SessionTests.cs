using System.Net;
using System.Net.Http.Json;
using LLMos.Server.Runs.Sessions;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.SignalR.Client;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs.Sessions;

/// <summary>What a session keeps, loses and tells of it.</summary>
public sealed class SessionTests(SharedServer shared)
{
    // Does not end although it is asked to.
    private const string Stubborn = "import time\nprint('begun')\nwhile True:\n    try: time.sleep(600)\n    except KeyboardInterrupt: pass";

    [Fact]
    public async Task A_session_keeps_names_imports_functions_and_open_objects_between_runs()
    {
        var ada = await shared.NewPersonAsync();

        var first = await ada.RunInAsync("s", "import math\nx = 41\ndef double(n): return 2 * n\nnumbers = iter(range(10))\nnext(numbers)");
        var second = await ada.RunInAsync("s", "x += 1\nprint(double(x), next(numbers), math.floor(1.5), __name__)");

        Assert.Equal(("succeeded", "fresh", "s"), (first.State, first.SessionFound, first.Session));
        Assert.Equal(("succeeded", "kept", "84 1 1 __main__\n"), (second.State, second.SessionState, second.Stdout.Text));
    }

    [Fact]
    public async Task Without_a_session_nothing_is_kept_and_two_sessions_and_two_people_know_nothing_of_each_other()
    {
        var (ada, bob) = (await shared.NewPersonAsync(), await shared.NewPersonAsync());
        await ada.RunInAsync("s", "secret = 1");

        foreach (var run in new[] { await ada.RunInAsync("t", "secret"), await bob.RunInAsync("s", "secret"), await ada.RunAsync("secret") })
            Assert.Equal(("failed", "NameError"), (run.State, run.Error?.Name));
        Assert.Equal(["s", "t"], (await ada.SessionsAsync()).Sessions.Select(session => session.Name));
        using var foreign = await bob.Client.GetAsync("/api/v1/sessions/t/variables");
        await foreign.RefusedAsync(HttpStatusCode.NotFound, "runs.session_not_found");
    }

    [Fact]
    public async Task An_error_an_exit_and_used_up_memory_keep_the_variables()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "x = 1");

        var failed = await ada.RunInAsync("s", "y = 2\n1 / 0");
        var left = await ada.RunInAsync("s", "import sys\nz = 3\nsys.exit()");
        var full = await ada.RunInAsync("s", "much = bytearray(10**12)");
        var last = await ada.RunInAsync("s", "x + y + z");

        Assert.Equal(["failed", "succeeded", "memory-exceeded", "succeeded"], [failed.State, left.State, full.State, last.State]);
        Assert.All(new[] { failed, left, full, last }, run => Assert.Equal("kept", run.SessionState));
        Assert.Equal("6", last.Result!["text/plain"]);
    }

    [Theory]
    [InlineData("import time\nprint('begun')\ntime.sleep(600)")]
    [InlineData("print('begun')\nwhile True: pass")]
    [InlineData("import numpy as np\nprint('begun')\na = np.ones(1000)\nwhile True: a = np.sin(a)")]
    [InlineData("import asyncio\nprint('begun')\nawait asyncio.sleep(600)")]
    [InlineData("import numpy as np\nprint('begun')\nnp.fromiter((n for n in iter(int, 1)), dtype=int)")]
    public async Task An_interrupt_raises_KeyboardInterrupt_and_keeps_the_variables(string code)
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "x = 1");
        var run = await ada.StartInAsync("s", code);
        await ada.EventsUntilAsync(run.Id, IsLine);

        using var interrupted = await ada.Client.PostAsync($"/api/v1/runs/{run.Id}/interrupt", content: null);

        var ended = await ada.EndedAsync(run.Id);
        Assert.Equal(("cancelled", "It was interrupted.", "kept", "KeyboardInterrupt"), (ended.State, ended.Reason, ended.SessionState, ended.Error?.Name));
        Assert.Equal("1", (await ada.RunInAsync("s", "x")).Result!["text/plain"]);
    }

    [Theory]
    [InlineData("import time\nprint('begun')\ntime.sleep(600)", "KeyboardInterrupt")]
    [InlineData("print('begun')\nwhile True: pass", "KeyboardInterrupt")]
    [InlineData("import time\ntry:\n    print('begun')\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    x += 0", null)]
    [InlineData("import time\ntry:\n    print('begun')\n    time.sleep(600)\nfinally:\n    1 / 0", "ZeroDivisionError")]
    public async Task Stopping_a_run_keeps_the_variables_of_its_session(string code, string? error)
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "x = 1");
        var run = await ada.StartInAsync("s", code);
        await ada.EventsUntilAsync(run.Id, IsLine);

        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{run.Id}/cancel", content: null);

        var ended = await ada.GetRunAsync(run.Id);
        Assert.Equal(("cancelled", $"Stopped by {ended.User}.", "kept", error), (ended.State, ended.Reason, ended.SessionState, ended.Error?.Name));
        Assert.Equal("1", (await ada.RunInAsync("s", "x")).Result!["text/plain"]);
    }

    [Fact]
    public async Task A_run_that_takes_too_long_keeps_the_variables_of_its_session_and_says_where_it_was()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "x = 1");

        var ended = await ada.RunInAsync("s", "while True:\n    x += 1", timeoutSeconds: 0.3);

        Assert.Equal(("timed-out", "timeoutSeconds", "kept", "KeyboardInterrupt"), (ended.State, ended.Limit?.Name, ended.SessionState, ended.Error?.Name));
        Assert.InRange(ended.Error!.Line!.Value, 1, 2);
        Assert.Equal("True", (await ada.RunInAsync("s", "x > 1")).Result!["text/plain"]);
    }

    [Theory]
    [InlineData(Stubborn, 0.2, "timed-out")]
    [InlineData("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", 10, "crashed")]
    [InlineData("import os\nos._exit(0)", 10, "succeeded")]
    [InlineData("print('x' * 100_000_000)", 20, "output-exceeded")]
    public async Task A_run_that_is_killed_loses_the_variables_and_the_next_one_names_them(string code, double timeoutSeconds, string state)
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "import numpy as np\nx = 41\ntable = np.zeros((2, 3))");

        var killed = await ada.RunInAsync("s", code, timeoutSeconds);
        var next = await ada.RunInAsync("s", "'x' in globals()");
        var afterwards = await ada.RunInAsync("s", "1");

        Assert.Equal((state, "lost", null), (killed.State, killed.SessionState, killed.SessionExpiresAt));
        Assert.Equal(("succeeded", "lost", "False"), (next.State, next.SessionFound, next.Result!["text/plain"]));
        foreach (var loss in new[] { killed.SessionLoss!, next.SessionLoss! })
        {
            Assert.Equal([("np", "module"), ("x", "int"), ("table", "ndarray")], loss.Variables.Select(variable => (variable.Name, variable.Type)));
            Assert.Contains($"Run {killed.Id} ended as {state}", loss.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(("kept", null), (afterwards.SessionState, afterwards.SessionLoss));
    }

    [Fact]
    public async Task A_session_that_was_stopped_in_its_first_run_is_lost_though_nothing_is_known_of_it()
    {
        var ada = await shared.NewPersonAsync();
        var run = await ada.StartInAsync("s", Stubborn);
        await ada.EventsUntilAsync(run.Id, IsLine);

        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{run.Id}/cancel", content: null);

        Assert.Equal("lost", (await ada.GetRunAsync(run.Id)).SessionState);
        var next = await ada.RunInAsync("s", "1");
        Assert.Equal(("lost", 0), (next.SessionFound, next.SessionLoss!.Variables.Count));
    }

    [Fact]
    public async Task A_record_says_what_the_run_found_and_what_it_left()
    {
        var ada = await shared.NewPersonAsync();
        var first = await ada.RunInAsync("s", "x = 1");
        await ada.RunInAsync("s", "import os\nos._exit(1)");
        var run = await ada.StartInAsync("s", "y = 2\nprint('begun')\nwhile True: pass");
        await ada.EventsUntilAsync(run.Id, IsLine);

        using var interrupted = await ada.Client.PostAsync($"/api/v1/runs/{run.Id}/interrupt", content: null);

        var events = await ada.EventsUntilAsync(run.Id, _ => false);
        var ended = await ada.GetRunAsync(run.Id);
        Assert.Equal(("fresh", "kept", null), (first.SessionFound, first.SessionState, first.SessionLoss));
        Assert.Equal(("lost", "kept"), (events.Single(happened => happened.Type == "started").Session!.State, events[^1].Session!.State));
        Assert.Equal(("lost", "kept", "x"), (ended.SessionFound, ended.SessionState, ended.SessionLoss!.Variables.Single().Name));
        Assert.Equal("2", (await ada.RunInAsync("s", "y")).Result!["text/plain"]);
    }

    [Fact]
    public async Task The_events_say_what_the_run_found_and_what_it_left()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "x = 1");
        var run = await ada.RunInAsync("s", Stubborn, timeoutSeconds: 0.2);

        var events = await ada.EventsUntilAsync(run.Id, _ => false);

        Assert.Equal("kept", events.Single(happened => happened.Type == "started").Session!.State);
        Assert.Equal(("lost", "x"), (events[^1].Session!.State, events[^1].Session!.Loss!.Variables.Single().Name));
    }

    [Fact]
    public async Task The_list_shows_age_idle_time_memory_and_expiry()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "x = bytearray(b'x' * 50_000_000)");
        var run = await ada.RunInAsync("s", "2");

        var list = await ada.SessionsAsync();

        var session = Assert.Single(list.Sessions);
        Assert.Equal((8, 30), (list.MaxSessions, list.IdleMinutes));
        Assert.Equal(("s", "idle", 2, 256, 1), (session.Name, session.State, session.Runs, session.HeapMegabytes, session.VariableCount));
        Assert.InRange(session.MemoryBytes!.Value, 50_000_000, 80_000_000);
        Assert.Equal(session.ExpiresAt, run.SessionExpiresAt);
        Assert.Equal(TimeSpan.FromMinutes(30), session.ExpiresAt!.Value - session.LastUsedAt);
        Assert.True(session.AgeSeconds >= session.IdleSeconds);
    }

    [Fact]
    public async Task A_closed_session_begins_fresh_and_the_run_in_it_is_cancelled()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "x = 1");
        var run = await ada.StartInAsync("s", "print('begun')\nwhile True: pass");
        await ada.EventsUntilAsync(run.Id, IsLine);

        using var closed = await ada.Client.DeleteAsync("/api/v1/sessions/s");

        Assert.Equal(HttpStatusCode.NoContent, closed.StatusCode);
        Assert.Equal("cancelled", (await ada.GetRunAsync(run.Id)).State);
        Assert.Empty((await ada.SessionsAsync()).Sessions);
        Assert.Equal("fresh", (await ada.RunInAsync("s", "1")).SessionFound);
        using var unknown = await ada.Client.DeleteAsync("/api/v1/sessions/t");
        await unknown.RefusedAsync(HttpStatusCode.NotFound, "runs.session_not_found");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("../s")]
    [InlineData("s\n")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        var ada = await shared.NewPersonAsync();

        using var refused = await ada.Client.PostAsJsonAsync("/api/v1/runs", Python("1") with { Session = name });

        await refused.RefusedAsync(HttpStatusCode.BadRequest, "runs.session_name_invalid");
    }

    [Fact]
    public async Task A_session_has_the_heap_it_began_with()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunAsync(Python("1") with { Session = "s", HeapMegabytes = 64 });

        Assert.Equal(64, (await ada.RunInAsync("s", "1")).Limits.HeapMegabytes);
        Assert.Equal("memory-exceeded", (await ada.RunInAsync("s", "bytearray(100_000_000)")).State);
        using var refused = await ada.Client.PostAsJsonAsync("/api/v1/runs", Python("1") with { Session = "s", HeapMegabytes = 128 });
        await refused.RefusedAsync(HttpStatusCode.Conflict, "runs.session_heap_fixed");
    }

    [Fact]
    public async Task A_run_that_names_no_heap_takes_that_of_the_session_which_another_began_while_it_waited()
    {
        var ada = await shared.NewPersonAsync();
        var before = await ada.StartAsync("while True: pass");
        using var begins = await ada.Client.PostAsJsonAsync("/api/v1/runs", Python("x = 1") with { Session = "s", HeapMegabytes = 64 });
        var waits = await ada.StartInAsync("s", "x");

        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{before.Id}/cancel", content: null);

        var run = await ada.EndedAsync(waits.Id);
        Assert.Equal(("succeeded", "1", 64), (run.State, run.Result?["text/plain"], run.Limits.HeapMegabytes));
    }

    [Fact]
    public async Task One_more_session_than_a_person_may_have_is_refused_by_name()
    {
        var ada = await shared.NewPersonAsync();
        for (var number = 1; number <= 8; number++)
            await ada.RunInAsync($"s{number}", "1");

        using var refused = await ada.Client.PostAsJsonAsync("/api/v1/runs", Python("1") with { Session = "s9" });

        await refused.RefusedAsync(HttpStatusCode.Conflict, "runs.too_many_sessions");
        Assert.Contains("s1, s2, s3", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("kept", (await ada.RunInAsync("s8", "1")).SessionState);
    }

    [Fact]
    public async Task A_runs_own_streams_signals_and_timers_do_not_reach_the_next()
    {
        var ada = await shared.NewPersonAsync();

        await ada.RunInAsync("s", """
            import signal, sys, time
            print('gathered', end='')
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGALRM, lambda *_: sys.exit('alarm'))
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            for n in range(10_000): print(n)
            sys.stdout.detach(); sys.stderr = None; sys.stdin = None
            """);
        var run = await ada.StartInAsync("s", "import time\nprint(input() if False else 'begun')\nprint('err', file=sys.stderr)\ntime.sleep(600)");
        var events = await ada.EventsUntilAsync(run.Id, happened => happened.Type == "stderr");
        using var interrupted = await ada.Client.PostAsync($"/api/v1/runs/{run.Id}/interrupt", content: null);

        Assert.Equal("begun\n", events.TextOf("stdout"));
        Assert.Equal("KeyboardInterrupt", (await ada.EndedAsync(run.Id)).Error?.Name);
    }

    [Fact]
    public async Task A_handler_that_prints_all_the_time_prints_nothing_into_the_next_run()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "import os, signal\nsignal.signal(signal.SIGALRM, lambda *_: os.write(1, b'late'))");

        for (var time = 0; time < 5; time++)
        {
            await ada.RunInAsync("s", "signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)");
            var next = await ada.RunInAsync("s", "1");
            Assert.Equal(("succeeded", ""), (next.State, next.Stdout.Text));
        }
    }

    [Fact]
    public async Task A_session_that_does_not_read_its_next_program_ends_by_the_clock_and_what_it_goes_on_to_write_is_nobodys()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", """
            import llmos.line, os, struct
            def send(frame): os.write(1, llmos.line._channel._marker + struct.pack('>I', len(frame)) + frame)
            send(b'{"type":"ended","outcome":"succeeded"}')
            while True:
                os.write(1, b'late')
                send(b'{"type":"result","data":{"text/plain":"late"}}')
                send(b'{"type":"stderr","text":"late"}')
            """);

        // More than the connection takes.
        var run = await ada.RunInAsync("s", $"1#{new string('x', 1_000_000)}", timeoutSeconds: 0.5);

        Assert.Equal(("timed-out", "lost"), (run.State, run.SessionState));
        Assert.Equal(("", "", null), (run.Stdout.Text, run.Stderr.Text, run.Result));
    }

    [Fact]
    public async Task A_traceback_shows_the_lines_of_earlier_runs_and_the_line_of_this_one()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "\n\ndef broken():\n    raise ValueError('old line')");

        var run = await ada.RunInAsync("s", "x = 1\nbroken()");

        Assert.Equal(2, run.Error!.Line);
        Assert.Contains("raise ValueError('old line')", run.Error.Traceback, StringComparison.Ordinal);
        Assert.Contains("broken()", run.Error.Traceback, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_tells_its_own_processor_time_and_peak_not_the_sessions()
    {
        var ada = await shared.NewPersonAsync();
        await ada.RunInAsync("s", "import time\nend = time.process_time() + 0.5\nx = bytearray(b'x' * 100_000_000); del x\nwhile time.process_time() < end: pass");

        var run = await ada.RunInAsync("s", "1");

        Assert.InRange(run.Usage.CpuMilliseconds, 0, 400);
        Assert.InRange(run.Usage.PeakHeapBytes, 0, 60_000_000);
    }

    [Fact]
    public async Task Figures_left_open_by_a_failed_run_are_sent_with_it()
    {
        var ada = await shared.NewPersonAsync();

        var failed = await ada.RunInAsync("s", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n1 / 0");
        var next = await ada.RunInAsync("s", "1");

        Assert.Single(failed.Displays);
        Assert.Empty(next.Displays);
    }

    [Fact]
    public async Task The_hub_tells_when_a_session_is_used_and_closed()
    {
        var ada = await shared.NewPersonAsync();
        await using var hub = await ada.ConnectAsync();
        var seen = System.Threading.Channels.Channel.CreateUnbounded<SessionSummary>();
        hub.On<SessionSummary>("sessionChanged", summary => seen.Writer.TryWrite(summary));

        await ada.RunInAsync("s", "x = 1");
        Assert.Equal(("s", "idle", 1), await NextAsync(seen));
        using var closed = await ada.Client.DeleteAsync("/api/v1/sessions/s");

        Assert.Equal(("s", "closed", 1), await NextAsync(seen));
    }

    private static async Task<(string, string, int)> NextAsync(System.Threading.Channels.Channel<SessionSummary> seen)
    {
        using var patience = new CancellationTokenSource(Eventually.Timeout);
        var summary = await seen.Reader.ReadAsync(patience.Token);
        return (summary.Name, summary.State, summary.Runs);
    }
}
