using LLMos.Tests.Devices;
using LLMos.Tests.Hosting;
using LLMos.Tests.Runs.Sessions;

namespace LLMos.Tests.Runs.Devices;

/// <summary>What programs do with devices, and what they cannot.</summary>
public sealed class DeviceProgramTests(SharedServer server)
{
    private const string Open = "import llmos\nboard = llmos.devices.open('virtual-1', wait=20)\n";

    [Fact]
    public async Task A_program_asks_a_board_and_the_log_says_which_run_did()
    {
        var board = await server.Server.VirtualAsync();
        var before = board.Log.Last;
        var person = await server.NewPersonAsync();

        var record = await person.RunAsync(Open + """
            with board:
                board.reset()  # Another test may have left it in its bootloader.
                board.expect('llmos: ready')
                print(board.command('get_info')['firmware'], board.command('set_gpio', pin=2, state=1)['state'])
                board.reset_input_buffer()
                board.write('{"action":"get_info"}\n')
                print(board.expect('"firmware":"([^"]+)"').group(1))
                print(board.readline().endswith(b'\n'))
                board.write(b'no json\n')
                print(board.readline())
                print(board.read(timeout=0.1))
            print([device['id'] for device in llmos.devices.list()], board)
            """);

        Assert.True(record.State == "succeeded", record.Error?.Message);
        Assert.Equal(
            "llmos-virtual 1.0.0 1\nllmos-virtual 1.0.0\nTrue\nb'{\"status\":\"error\",\"msg\":\"this is no command\"}\\r\\n'\nb''\n['virtual-1'] <device virtual-1 closed>\n",
            record.Stdout.Text);
        var events = board.Log.Read(before, 1000);
        Assert.Contains(events, happened => happened is { Kind: "lease", Text: "taken" } && happened.By!.EndsWith($", run {record.Id}", StringComparison.Ordinal));
        Assert.Contains(events, happened => happened.Kind == "sent" && happened.By!.EndsWith($", run {record.Id}", StringComparison.Ordinal));
        Assert.Contains(events, happened => happened is { Kind: "lease", Text: "released" });
    }

    [Fact]
    public async Task What_came_is_there_once_and_in_order()
    {
        var person = await server.NewPersonAsync();
        var record = await person.RunAsync(Open + """
            board.reset()
            text = board.expect('(?s)ets Jul.*?llmos: ready').group(0)
            print(text.count('ets Jul'), 'boot:0x13' in text)
            print(board.readline(), board.read(timeout=0))
            try:
                board.expect(b'never', timeout=0.05)
            except TimeoutError as error:
                print(error)
            board.write(b'x\n' * 300)
            print(sum(b'this is no command' in board.readline() for _ in range(300)))
            """);

        Assert.True(record.State == "succeeded", record.Error?.Message);
        Assert.StartsWith("1 True\nb', newline-delimited JSON at 115200\\r\\n' b''\n[Errno 110] b'never' did not come within 0.05 s", record.Stdout.Text, StringComparison.Ordinal);
        Assert.EndsWith("300\n", record.Stdout.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_are_exceptions_that_Python_knows()
    {
        var (ben, person) = (await server.NewPersonAsync(), await server.NewPersonAsync());
        var lease = await ben.Client.LeaseAsync("virtual-1", new(WaitSeconds: 20));

        var record = await person.RunAsync("""
            import llmos, errno
            def tried(what, *arguments, **named):
                try:
                    return what(*arguments, **named)
                except Exception as error:
                    return type(error).__name__, errno.errorcode.get(getattr(error, 'errno', 0)), getattr(error, 'filename', None)
            opens = llmos.devices.open
            print(tried(opens, 'virtual-1'))
            print(tried(opens, 'virtual-1', take_over=True))
            print(tried(opens, '../../dev/ttyS0'))
            print(tried(opens, 'virtual-1', wait=301))
            """);
        Assert.Equal("""
            ('OSError', 'EBUSY', 'virtual-1')
            ('PermissionError', 'EACCES', 'virtual-1')
            ('OSError', 'ENODEV', '../../dev/ttyS0')
            ('ValueError', None, None)

            """, record.Stdout.Text);

        // Whose lease it is shall end, while a program waits for it.
        var waiting = await person.StartAsync(Open + """
            print('opened', flush=True)
            def tried(what, *arguments, **named):
                try:
                    return what(*arguments, **named)
                except Exception as error:
                    return type(error).__name__, str(error)
            print(tried(board.command, 'get_info', timeout=0))
            print(tried(board.command, 'get_info', bad=b''))
            print(tried(board.configure, baud_rate=7))
            print(tried(board.reset, 'sideways'))
            board.close()
            print(tried(board.read))
            """);
        var board = await server.Server.VirtualAsync();
        await Eventually.HoldsAsync(() => board.Leases.Look().Waiting.Count == 1, "the program waits");
        using (var released = await ben.Client.AskAsync("virtual-1", "lease/release", new { leaseId = lease }))
            released.EnsureSuccessStatusCode();
        Assert.Equal("""
            opened
            ('ValueError', 'timeout must be 0.1 to 60 s')
            ('TypeError', 'a command is made of JSON: Object of type bytes is not JSON serializable')
            ('OSError', "[Errno 22] baudRate must be 50 to 6000000. Nothing was changed: 'virtual-1'")
            ('OSError', "[Errno 22] mode must be run or bootloader: 'virtual-1'")
            ('ValueError', 'I/O operation on a closed device')

            """, (await person.EndedAsync(waiting.Id)).Stdout.Text);
    }

    [Fact]
    public async Task A_program_that_ends_in_any_way_gives_its_devices_back()
    {
        var board = await server.Server.VirtualAsync();
        var person = await server.NewPersonAsync();
        foreach (var end in new[] { "1/0", "import os; os._exit(3)", "import time; print('open', flush=True); time.sleep(60)" })
        {
            var run = await person.StartAsync(Open + end);
            if (end.Contains("sleep", StringComparison.Ordinal))
            {
                await person.EventsUntilAsync(run.Id, RunCalls.IsLine);
                using var cancelled = await person.Client.PostAsync($"/api/v1/runs/{run.Id}/cancel", null);
            }

            await person.EndedAsync(run.Id);
            await Eventually.HoldsAsync(() => board.Leases.Look().Current is null, "the device is free");
        }
    }

    [Fact]
    public async Task An_interrupt_ends_waiting_for_a_board()
    {
        var person = await server.NewPersonAsync();
        foreach (var wait in new[] { "board.readline(timeout=60)", "board.command('custom_silence', timeout=60)" })
        {
            // A board in its bootloader answers no command.
            var run = await person.StartAsync(Open + "board.reset('bootloader'); board.expect('waiting for download\\s+')\ntry:\n    print('waits')\n    " + wait + "\nexcept KeyboardInterrupt:\n    print('interrupted')");
            await person.EventsUntilAsync(run.Id, RunCalls.IsLine);
            using var interrupted = await person.Client.PostAsync($"/api/v1/runs/{run.Id}/interrupt", null);

            Assert.Equal("waits\ninterrupted\n", (await person.EndedAsync(run.Id)).Stdout.Text);
        }
    }

    [Fact]
    public async Task A_session_keeps_its_device_from_run_to_run()
    {
        var person = await server.NewPersonAsync();
        Assert.Equal("succeeded", (await person.RunInAsync("bench", Open + "board.reset(); board.expect('ready')")).State);
        var record = await person.RunInAsync("bench", "print(board.command('get_status')['status']); board.close()");
        Assert.Equal("ok\n", record.Stdout.Text);
    }

    [Theory]
    [InlineData("""{"device":"dance"}""")]
    [InlineData("""{"device":"open"}""")]
    [InlineData("""{"device":"read","handle":1,"length":65537}""")]
    [InlineData("""{"device":"write","handle":1,"bytes":65537}""")]
    [InlineData("""{"device":"read","handle":99,"length":1}""")]
    [InlineData("""{"device":"poll","handle":1}""")]
    [InlineData("""{"device":"list","more":1}""")]
    [InlineData("""{"device":"open","name":"virtual-1","waitSeconds":-1}""")]
    [InlineData("""{"device":"command","handle":1,"command":[],"timeoutSeconds":5}""")]
    [InlineData("""{"device":"command","handle":1,"command":{"a":1,"a":2},"timeoutSeconds":5}""")]
    public async Task A_call_that_the_library_would_not_make_ends_the_run(string call)
    {
        var person = await server.NewPersonAsync();
        var record = await person.RunAsync($$"""
            import os, struct, llmos, gc
            from llmos_bootstrap.frames import Channel
            channel = next(thing for thing in gc.get_objects() if isinstance(thing, Channel))
            call = '{{call}}'.encode()
            os.write(channel._requests, struct.pack('>I', len(call)) + call)
            channel.receive()
            """);
        Assert.Equal("crashed", record.State);
        Assert.StartsWith("protocol:", record.Reason, StringComparison.Ordinal);
    }
}
