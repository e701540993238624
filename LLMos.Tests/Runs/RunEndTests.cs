using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using LLMos.Tests.Runs.Fuzzing;
using LLMos.Tests.Runs.Sessions;

namespace LLMos.Tests.Runs;

/// <summary>A run ends when the server's clock or a person says so, whatever its worker does or leaves undone.</summary>
public sealed class RunEndTests(SharedServer shared)
{
    // Has the server ask for gathered text before it kills, and answers nothing.
    private const string Hostile = """
        import os, signal, struct, time
        import llmos.line
        def say(frame): os.write(1, llmos.line._channel._marker + struct.pack('>I', len(frame)) + frame)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        print('begun', flush=True)
        say(b'{"type":"buffering"}')

        """;

    private const string AsksAndNeverReads = """
        call = b'{"call":"list","path":""}'
        while True: os.write(3, struct.pack('>I', len(call)) + call)
        """;

    public static TheoryData<string> WaysToStay { get; } =
    [
        "time.sleep(600)",
        "os.write(3, b'\\0\\0')\ntime.sleep(600)",
        "os.write(3, struct.pack('>I', 60_000) + b'{')\ntime.sleep(600)",
        "call = b'{\"call\":\"write\",\"handle\":1,\"offset\":0,\"bytes\":9}'\nos.write(3, struct.pack('>I', len(call)) + call)\ntime.sleep(600)",
        AsksAndNeverReads,
        "os.kill(os.getpid(), signal.SIGSTOP)",
    ];

    [Theory]
    [MemberData(nameof(WaysToStay))]
    public async Task The_limit_on_time_ends_a_program(string code)
    {
        var ada = await shared.NewPersonAsync();

        var run = await ada.RunAsync(Hostile + code, timeoutSeconds: 0.5);

        Assert.Equal("timed-out", run.State);
    }

    [Theory]
    [MemberData(nameof(WaysToStay))]
    public async Task A_cancel_ends_a_program_and_is_answered(string code)
    {
        var ada = await shared.NewPersonAsync();
        var run = await ada.StartAsync(Hostile + code);
        await ada.EventsUntilAsync(run.Id, RunCalls.IsLine);

        using var cancelled = await ada.Client.PostAsync($"/api/v1/runs/{run.Id}/cancel", content: null);

        Assert.Equal("cancelled", (await cancelled.ReadAsync<RunSummary>()).State);
    }

    [Fact]
    public void A_worker_that_the_kernel_does_not_end_holds_nobody() => Assert.Equal(
        RunState.TimedOut, Driven(execution => execution.RunOfOneThatStays(DrivenExecution.Begun, seconds: 0.1))?.State);

    [Fact]
    public void Errors_written_for_ever_behind_the_end_are_not_waited_for() => Assert.Equal(
        RunState.Succeeded, Driven(execution => execution.RunOfOneThatStays([.. DrivenExecution.Begun, .. DrivenExecution.Ended], seconds: 30, floods: true))?.State);

    [Fact]
    public void A_worker_that_writes_for_ever_is_not_read_to_its_end_before_the_next_run() => Driven(execution =>
    {
        execution.DiscardAllThatIsWritten();
        return (RunEnd?)null;
    });

    [Fact]
    public async Task What_a_sessions_program_writes_behind_its_end_is_in_no_later_run()
    {
        var ada = await shared.NewPersonAsync();
        const string Late = "for _ in range(300):\n    os.write(2, b'late')\n    os.write(1, b'late')\n    say(b'{\"type\":\"stderr\",\"text\":\"late\"}')\n    time.sleep(0.001)";

        await ada.RunInAsync("s", $"{Hostile}say(b'{{\"type\":\"ended\",\"outcome\":\"succeeded\"}}')\n{Late}");
        // The program before goes on for a moment, and then hands over to this one.
        var next = await ada.RunInAsync("s", "import os\nos.write(2, b'C wrote this')\nprint('clean')");
        var last = await ada.RunInAsync("s", "os.write(2, b'and this')\nprint('too')");

        Assert.Equal(("succeeded", "clean\n", "C wrote this"), (next.State, next.Stdout.Text, next.Stderr.Text));
        Assert.Equal(("succeeded", "too\n", "and this"), (last.State, last.Stdout.Text, last.Stderr.Text));
    }

    [Fact]
    public async Task A_sessions_program_that_never_gives_way_to_the_next_is_ended_with_its_time()
    {
        var ada = await shared.NewPersonAsync();

        await ada.RunInAsync("s", $"{Hostile}say(b'{{\"type\":\"ended\",\"outcome\":\"succeeded\"}}')\nwhile True:\n    os.write(2, b'late' * 1000)\n    os.write(1, b'late' * 1000)");
        var next = await ada.RunInAsync("s", "print('clean')", timeoutSeconds: 1);

        Assert.Equal(("timed-out", "", ""), (next.State, next.Stdout.Text, next.Stderr.Text));
        Assert.Equal("succeeded", (await ada.RunInAsync("s", "print('again')")).State);
    }

    [Fact]
    public async Task Memory_scattered_over_the_address_space_ends_the_run_and_the_session()
    {
        var ada = await shared.NewPersonAsync();
        const string Scatters = """
            import ctypes
            libc = ctypes.CDLL(None)
            libc.mmap.restype = ctypes.c_void_p
            def scatter(pages):
                for _ in range(pages):
                    page = libc.mmap(None, ctypes.c_size_t(1 << 30), 1, 0x22, -1, ctypes.c_long(0))
                    ctypes.string_at(page, 1)
                    libc.munmap(ctypes.c_void_p(page + 4096), ctypes.c_size_t((1 << 30) - 4096))

            """;

        var all = await ada.RunAsync($"{Scatters}scatter(60_000)");
        var some = await ada.RunInAsync("s", $"{Scatters}scatter(2_000)");

        foreach (var run in new[] { all, some })
        {
            Assert.Equal("memory-exceeded", run.State);
            Assert.Contains("page tables", run.Reason, StringComparison.Ordinal);
        }

        Assert.Equal("lost", some.SessionState);
    }

    [Theory]
    [InlineData("VmPTE: 9999999")]
    [InlineData("x\\nVmPTE:\\t9 kB")]
    [InlineData("VmHWM: no kB")]
    public async Task A_process_that_calls_itself_like_a_line_of_its_facts_is_measured_as_any(string name)
    {
        var run = await (await shared.NewPersonAsync()).RunAsync($"import ctypes, time\nctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\ntime.sleep(0.2)\nprint('done')");

        Assert.Equal(("succeeded", "done\n"), (run.State, run.Stdout.Text));
        Assert.InRange(run.Usage.PeakHeapBytes, 1, 256 << 20);
    }

    [Fact]
    public async Task A_full_heap_is_not_scattered()
    {
        var run = await (await shared.NewPersonAsync()).RunAsync("block = bytearray(200 << 20)\nmany = [bytes(5000) for _ in range(2000)]\nprint(len(many))");

        Assert.Equal(("succeeded", "2000\n"), (run.State, run.Stdout.Text));
    }

    private static RunEnd? Driven(Func<DrivenExecution, RunEnd?> run)
    {
        using var execution = new DrivenExecution();
        return run(execution);
    }
}
