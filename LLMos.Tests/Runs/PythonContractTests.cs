using LLMos.Server.Runs;

namespace LLMos.Tests.Runs;

/// <summary>What the contract promises of Python, by the programs that people bring.</summary>
public sealed class PythonContractTests(SharedServer shared)
{
    private async Task<RunRecord> RunAsync(string code, double? timeoutSeconds = null, string? stdin = null) =>
        await (await shared.NewPersonAsync()).RunAsync(code, timeoutSeconds, stdin);

    [Fact]
    public async Task Chunks_of_a_million_numbers_are_combined_with_progress()
    {
        var person = await shared.NewPersonAsync();

        var run = await person.RunAsync("""
            import llmos
            numbers = list(range(1_000_000))
            size, total = 100_000, 0
            chunks = [numbers[start:start + size] for start in range(0, len(numbers), size)]
            for done, chunk in enumerate(chunks, 1):
                total += sum(chunk)
                llmos.progress(done, len(chunks), "adding")
            print(total)
            """);

        Assert.Equal(("succeeded", "499999500000\n"), (run.State, run.Stdout.Text));
        var progress = (await person.EventsUntilAsync(run.Id, _ => false)).Select(happened => happened.Progress).OfType<RunProgress>().ToList();
        Assert.Equal(new(10, 10, "adding"), progress[^1]);
    }

    [Fact]
    public async Task A_shown_figure_is_a_png_of_its_size()
    {
        var run = await RunAsync("""
            import matplotlib.pyplot as plt
            fig, ax = plt.subplots(figsize=(10, 6))
            ax.plot([1, 3, 2])
            ax.set_title("three points")
            plt.tight_layout()
            plt.show()
            """);

        var png = Convert.FromBase64String(Assert.Single(run.Displays).Data["image/png"]);
        Assert.Equal("succeeded", run.State);
        Assert.Equal([0x89, .. "PNG"u8], png[..4]);
        Assert.Equal((1000, 600), (ReadInt(png, 16), ReadInt(png, 20)));

        static int ReadInt(byte[] bytes, int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
    }

    [Fact]
    public async Task Figures_and_text_keep_the_order_in_which_the_program_made_them()
    {
        var person = await shared.NewPersonAsync();

        var run = await person.RunAsync("""
            import ctypes, os, sys
            import matplotlib.pyplot as plt
            for number in range(2):
                print("before", number)
                plt.plot([number])
                plt.show()
                print("warned", number, file=sys.stderr)
                os.write(1, b"from below\n")
                ctypes.CDLL(None).puts(b"from C")
                ctypes.CDLL(None).fflush(None)
            """);

        var order = (await person.EventsUntilAsync(run.Id, _ => false))
            .Where(happened => happened.Type is "stdout" or "stderr" or "display")
            .Select(happened => happened.Type == "display" ? "figure" : happened.Text.ToString());
        Assert.Equal(
            "before 0\nfigurewarned 0\nfrom below\nfrom C\nbefore 1\nfigurewarned 1\nfrom below\nfrom C\n", string.Concat(order));
    }

    [Fact]
    public async Task Figures_that_nobody_showed_are_sent_at_the_end()
    {
        var run = await RunAsync("import matplotlib.pyplot as plt\nplt.plot([1])\nplt.figure()\nNone");

        Assert.Equal(2, run.Displays.Count);
    }

    [Fact]
    public async Task Fourier_transform_and_signal_processing_of_a_million_samples_work()
    {
        var run = await RunAsync("""
            import numpy as np
            from scipy import signal
            x = np.sin(2 * np.pi * 50 * np.arange(1_000_000) / 1000)
            peak = np.argmax(np.abs(np.fft.fft(x))[:500_000]) / 1000
            frequencies, power = signal.welch(x, fs=1000, nperseg=1000)
            print(peak, frequencies[power.argmax()])
            """);

        Assert.Equal(("succeeded", "50.0 50.0\n"), (run.State, run.Stdout.Text));
    }

    [Fact]
    public async Task A_data_frame_in_the_last_line_is_a_table()
    {
        var run = await RunAsync("import pandas as pd\npd.DataFrame({'city': ['Oslo', 'Rome'], 'people': [0.7, 2.8]})");

        Assert.Contains("<td>Oslo</td>", run.Result!["text/html"], StringComparison.Ordinal);
        Assert.Contains("| 1 | Rome | 2.8 |", run.Result["text/markdown"], StringComparison.Ordinal);
        Assert.Contains("2 rows × 2 columns", run.Result["text/markdown"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import asyncio\nawait asyncio.sleep(0.1)\n'slept'")]
    [InlineData("import asyncio\nasync def nap():\n    await asyncio.sleep(0.1)\n    return 'slept'\nasyncio.run(nap())")]
    public async Task Top_level_await_and_asyncio_run_work(string code)
    {
        var run = await RunAsync(code);

        Assert.Equal(("succeeded", "'slept'"), (run.State, run.Result?["text/plain"]));
    }

    [Theory]
    [InlineData("while True: pass")]
    [InlineData("while True:\n    try:\n        while True: pass\n    except BaseException: pass")]
    [InlineData("import signal\nfor number in range(1, 32):\n    if number not in (9, 19): signal.signal(number, signal.SIG_IGN)\nwhile True: pass")]
    public async Task A_loop_ends_at_the_time_limit_with_what_it_printed_before(string loop)
    {
        var run = await RunAsync("print('begun', end='')\n" + loop, timeoutSeconds: 0.5);

        Assert.Equal(("timed-out", "begun"), (run.State, run.Stdout.Text));
        Assert.Equal(("timeoutSeconds", 0.5), (run.Limit?.Name, run.Limit?.Value));
        Assert.InRange(run.Limit!.Used, 0.5, 10);
    }

    [Fact]
    public async Task A_flood_ends_at_the_output_limit_with_its_head_and_tail_and_the_count_between()
    {
        var run = await RunAsync("print('first')\nwhile True: print('x' * 1000)");

        Assert.Equal(("output-exceeded", "outputBytes"), (run.State, run.Limit?.Name));
        Assert.StartsWith("first\nxxx", run.Stdout.Text, StringComparison.Ordinal);
        Assert.InRange(run.Stdout.Bytes, 60_000_000, run.Limits.OutputBytes);
        Assert.InRange(run.Stdout.Text.Length, 2 * 16_384, 2 * 16_384 + 100);
        Assert.Equal(run.Stdout.Bytes - 2 * 16_384, run.Stdout.OmittedBytes);
    }

    [Theory]
    [InlineData("kept = bytearray(300 * 2**20)", 0, 100)]
    [InlineData("kept = []\nwhile True: kept.append('x' * 100_000)", 150, 300)]
    [InlineData("import numpy\nnumpy.ones(300 * 2**17)", 0, 100)]
    public async Task Memory_over_the_limit_ends_as_memory_exceeded_and_tells_what_was_used(string code, double least, double most)
    {
        var run = await RunAsync("print('begun')\n" + code);

        Assert.Equal(("memory-exceeded", "begun\n"), (run.State, run.Stdout.Text));
        Assert.Equal(("heapMegabytes", 256, Math.Round(run.Usage.PeakHeapBytes / 1_048_576.0, 1)), (run.Limit!.Name, run.Limit.Value, run.Limit.Used));
        Assert.InRange(run.Limit.Used, least, most);
        Assert.NotNull(run.Error?.Hint);
    }

    [Fact]
    public async Task A_memory_error_can_be_caught_and_the_program_goes_on()
    {
        var run = await RunAsync("try:\n    bytearray(300 * 2**20)\nexcept MemoryError:\n    print('caught')\nlen(bytearray(200 * 2**20))");

        Assert.Equal(("succeeded", "caught\n", "209715200"), (run.State, run.Stdout.Text, run.Result?["text/plain"]));
    }

    [Theory]
    [InlineData("import torch", "ModuleNotFoundError", "scikit-learn")]
    [InlineData("import requests\nrequests.get('http://127.0.0.1')", "Error", "Let your caller fetch it")]
    [InlineData("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1')", "URLError", "Let your caller fetch it")]
    [InlineData("import socket\nsocket.create_connection(('127.0.0.1', 1))", "Error", "Let your caller fetch it")]
    [InlineData("open('/etc/passwd')", "PermissionError", "user/data.csv")]
    [InlineData("open('/tmp/data.txt', 'w')", "PermissionError", "user/data.csv")]
    [InlineData("import pathlib\npathlib.Path('/etc/hostname').read_text()", "PermissionError", "user/data.csv")]
    [InlineData("import threading\nthreading.Thread(target=print).start()", "RuntimeError", "asyncio")]
    [InlineData("import subprocess\nsubprocess.run(['ls'])", "PermissionError", "cannot start other programs")]
    [InlineData("import os\nos.fork()", "PermissionError", "no other programs")]
    [InlineData("input()", "EOFError", "stdin")]
    public async Task What_is_not_here_says_what_to_do_instead(string code, string error, string advice)
    {
        var run = await RunAsync("print('begun')\n" + code);

        Assert.Equal(("failed", "begun\n"), (run.State, run.Stdout.Text));
        Assert.EndsWith(error, run.Error!.Name, StringComparison.Ordinal);
        Assert.Contains(advice, run.Error.Message + run.Error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stack_overflow_in_C_code_is_crashed_and_the_server_goes_on()
    {
        var person = await shared.NewPersonAsync();

        var run = await person.RunAsync("print('begun')\nnested = []\nfor _ in range(10**6): nested = [nested]\nimport sys\nsys.setrecursionlimit(10**8)\nrepr(nested)");

        Assert.Equal(("crashed", "begun\n"), (run.State, run.Stdout.Text));
        Assert.Contains("SIGSEGV", run.Reason, StringComparison.Ordinal);
        Assert.Equal("succeeded", (await person.RunAsync("print(1)")).State);
    }

    [Fact]
    public async Task An_error_has_its_line_the_users_frames_only_and_what_caused_it()
    {
        var run = await RunAsync("""
            def half(table):
                return table["missing"] / 2

            try:
                half({})
            except KeyError as reason:
                raise ValueError("no such column") from reason
            """);

        Assert.Equal(("failed", "ValueError", "no such column", 7), (run.State, run.Error!.Name, run.Error.Message, run.Error.Line));
        Assert.Contains("return table[\"missing\"] / 2", run.Error.Traceback, StringComparison.Ordinal);
        Assert.Contains("KeyError: 'missing'", run.Error.Traceback, StringComparison.Ordinal);
        Assert.DoesNotContain("llmos", run.Error.Traceback, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_syntax_error_has_its_line_and_column()
    {
        var run = await RunAsync("print('never')\nx = (1 +\n");

        Assert.Equal(("failed", "SyntaxError", 2, 5, ""), (run.State, run.Error!.Name, run.Error.Line, run.Error.Column, run.Stdout.Text));
    }

    [Fact]
    public async Task Input_reads_the_given_standard_input()
    {
        var run = await RunAsync("import sys\nname = input()\nprint(name.upper(), sys.stdin.read())", stdin: "ada\nrest of it");

        Assert.Equal("ADA rest of it\n", run.Stdout.Text);
    }

    [Theory]
    [InlineData("import sys\nsys.exit()", "succeeded", null)]
    [InlineData("import sys\nsys.exit('no data')", "failed", "no data")]
    [InlineData("import sys\nsys.exit(3)", "failed", "exit status 3")]
    public async Task Exit_says_how_it_went(string code, string state, string? message)
    {
        var run = await RunAsync(code);

        Assert.Equal((state, message), (run.State, run.Error?.Message));
    }

    [Fact]
    public async Task Text_that_is_no_text_is_replaced_and_half_a_character_waits_for_the_rest()
    {
        var run = await RunAsync("""
            import os, time
            os.write(1, "né".encode()[:2])
            time.sleep(0.05)
            os.write(1, "né".encode()[2:])
            os.write(1, b"\xff\n")
            """);

        Assert.Equal("né\ufffd\n", run.Stdout.Text);
    }

    [Fact]
    public async Task The_last_line_of_many_is_seen_while_the_program_is_busy_elsewhere()
    {
        var person = await shared.NewPersonAsync();
        var run = await person.StartAsync("for number in range(5000): print(number)\nimport time\ntime.sleep(60)");

        var events = await person.EventsUntilAsync(run.Id, happened => happened.Text?.ToString().EndsWith("4999\n", StringComparison.Ordinal) == true);

        Assert.Equal(string.Concat(Enumerable.Range(0, 5000).Select(number => $"{number}\n")), events.TextOf("stdout"));
        await person.Client.PostAsync($"/api/v1/runs/{run.Id}/cancel", content: null);
    }
}
