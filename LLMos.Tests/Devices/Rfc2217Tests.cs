using System.Diagnostics;
using System.IO.Ports;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using LLMos.Bench.Devices;
using LLMos.Server.Devices;
using LLMos.Server.Devices.Rfc2217;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

/// <summary>With pyserial, which esptool, idf.py and PlatformIO use.</summary>
public sealed class Rfc2217Tests(BenchServer bench) : IClassFixture<BenchServer>, IAsyncLifetime
{
    private readonly SerialPair _cable = bench.NextCable();
    private readonly LLMosServer _server = bench.Server;
    private HttpClient _anna = null!;

    public async ValueTask InitializeAsync()
    {
        _anna = await _server.SignInAsync("anna");
    }

    public ValueTask DisposeAsync()
    {
        _anna.Dispose();
        _cable.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Every_byte_passes_both_ways_and_settings_reach_the_port()
    {
        await _cable.PlugInAsync();
        var device = await _server.PortAsync(_cable.Port);
        var (_, door) = await OpenAsync(device);
        using var echoing = new CancellationTokenSource();
        var echo = Task.Run(() => EchoAsync(echoing.Token), TestContext.Current.CancellationToken);

        Assert.Equal("same 921600\n", await ClientAsync(door, "echo"));

        Assert.Equal((921_600, StopBits.Two), (device.Settings.BaudRate, device.Settings.StopBits));
        Assert.Equal(DevicesServer.BytesOf(device, "sent"), DevicesServer.BytesOf(device, "received"));
        Assert.All(DevicesServer.EventsOf(device).ToList().Where(happened => happened.Kind == "sent"), happened => Assert.Equal("anna", happened.By));
        await echoing.CancelAsync();
        await echo;
    }

    [Fact]
    public async Task The_virtual_board_answers_a_command()
    {
        var (_, door) = await OpenAsync(await bench.NextBoardAsync());
        Assert.Contains("\"status\":\"ok\"", await ClientAsync(door, "command"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_state_of_the_lines_is_told_without_being_asked()
    {
        var (_, door) = await OpenAsync(await bench.NextBoardAsync());
        Assert.Equal("True True True\n", await ClientAsync(door, "lines"));
    }

    [Fact]
    public async Task A_client_that_changes_one_line_after_the_other_brings_the_board_into_its_bootloader()
    {
        var board = await bench.NextBoardAsync();
        var (_, door) = await OpenAsync(board);
        var before = board.Log.Last;

        Assert.Contains("DOWNLOAD_BOOT", await ClientAsync(door, "bootloader"), StringComparison.Ordinal);

        // Not once into the application and then into the bootloader.
        Assert.DoesNotContain("SPI_FAST_FLASH_BOOT", System.Text.Encoding.ASCII.GetString([.. board.Log.Read(before, 1000).Where(happened => happened.Kind == "received").SelectMany(happened => happened.Data!)]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flasher_resets_the_board_writes_an_image_verifies_it_and_starts_it()
    {
        var board = await bench.NextBoardAsync();
        var (lease, door) = await OpenAsync(board);

        var told = await EndAsync(Start("flash_client.py", door.Url, "128", "2000000"));

        Assert.StartsWith($"mac 02:00:00:00:00:{int.Parse(board.Identity.Id.AsSpan("virtual-".Length), System.Globalization.CultureInfo.InvariantCulture):x2}\nstub OHAI\nseconds ", told, StringComparison.Ordinal);
        Assert.EndsWith("verified\nread back\n", told, StringComparison.Ordinal);
        // What it said as it was started is rubbish where the client was slow to speak as fast as it does; it says so at each boot.
        using var reset = await _anna.AskAsync(board.Identity.Id, "reset", new { leaseId = lease });
        reset.EnsureSuccessStatusCode();
        await Eventually.HoldsAsync(() => DevicesServer.Received(board).Contains("image of 131072 bytes at 0x10000, MD5 ", StringComparison.Ordinal), "it boots with the image");
    }

    [Fact]
    public async Task A_board_at_a_port_is_flashed_over_the_network()
    {
        using var plugged = bench.Plug();
        var device = await _server.PortAsync(plugged.Port);
        await using var board = await BoardAtTerminal.StartAsync(plugged.Terminal);
        var (_, door) = await OpenAsync(device);

        // A pseudo terminal has no lines to reset it by: it is in its loader already.
        var told = await EndAsync(Start("flash_client.py", door.Url, "64", "2000000", "--no-reset"));

        Assert.EndsWith("verified\nread back\n", told, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => device.Settings.BaudRate == 115_200, "the line is as before");
    }

    [Fact]
    public async Task A_client_that_takes_nothing_any_more_is_ended_and_one_that_vanishes_is_found_out()
    {
        using var board = new ScriptedDevice();
        var lease = await board.TakeAsync(ScriptedDevice.Anna);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var socket = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        using var connection = new Rfc2217Connection(socket, board.Device, ScriptedDevice.Anna, lease, board.Time);

        var serving = connection.ServeAsync(CancellationToken.None);
        Assert.Equal((10, 5, 3), (Option(SocketOptionName.TcpKeepAliveTime), Option(SocketOptionName.TcpKeepAliveInterval), Option(SocketOptionName.TcpKeepAliveRetryCount)));
        // More than the network's buffers take.
        for (var count = 0; count < 24; count++)
            board.Device.Log.Append(RecordKind.Received, null, new byte[1024 * 1024]);

        await Eventually.HoldsAsync(
            () =>
            {
                board.Time.Advance(TimeSpan.FromSeconds(1));
                return serving.IsCompleted;
            },
            "the client is given up");
        await serving;

        int Option(SocketOptionName name) => (int)socket.GetSocketOption(SocketOptionLevel.Tcp, name)!;
    }

    [Fact]
    public async Task At_every_address_the_commands_name_the_one_that_the_caller_uses()
    {
        await using var server = new ServerWithoutPrograms(("Devices:Rfc2217Address", "0.0.0.0"));
        using var anna = await server.SignInAsync("anna");
        var board = await server.VirtualAsync();
        var lease = await anna.LeaseAsync(board.Identity.Id);

        using var answer = await anna.AskAsync(board.Identity.Id, "rfc2217", new { leaseId = lease });

        var door = await answer.ReadAsync<Rfc2217Answer>();
        Assert.Equal((anna.BaseAddress!.Host, $"rfc2217://{anna.BaseAddress.Host}:{door.Port}"), (door.Host, door.Url));
    }

    [Fact]
    public async Task A_lease_that_is_taken_over_ends_the_client_and_closes_the_port()
    {
        var board = await bench.NextBoardAsync();
        var (_, door) = await OpenAsync(board);
        using var client = Start(door, "stay");
        Assert.Equal("open", await client.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        using var administrator = await _server.SignInAsAdministratorAsync();
        await administrator.LeaseAsync(board.Identity.Id, new(TakeOver: true));

        Assert.Equal("ended", await client.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken));
        await Eventually.HoldsAsync(() => !Answers(door), "the port is closed");
    }

    [Fact]
    public async Task Without_a_lease_no_port_is_opened_and_with_one_it_is_the_same_again()
    {
        var board = await bench.NextBoardAsync();
        using (var refused = await _anna.AskAsync(board.Identity.Id, "rfc2217", new { leaseId = "none" }))
            await refused.RefusedAsync(HttpStatusCode.Conflict, "devices.lease_required");

        var (lease, door) = await OpenAsync(board);
        using var again = await _anna.AskAsync(board.Identity.Id, "rfc2217", new { leaseId = lease });
        Assert.Equal(door.Port, (await again.ReadAsync<Rfc2217Answer>()).Port);
        Assert.Equal("127.0.0.1", door.Host);
        Assert.Contains(door.Commands, command => command.StartsWith($"esptool --port rfc2217://127.0.0.1:{door.Port} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_speaks_nonsense_harms_nobody()
    {
        var board = await bench.NextBoardAsync();
        var (_, door) = await OpenAsync(board);
        for (var seed = 0; seed < 5; seed++)
        {
            using var hostile = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await hostile.ConnectAsync(door.Host, door.Port, TestContext.Current.CancellationToken);
            var nonsense = new byte[50_000];
            var random = new Random(seed);
            for (var at = 0; at < nonsense.Length; at++)
                nonsense[at] = random.Next(3) == 0 ? (byte)255 : (byte)random.Next(240, 256);
            await hostile.SendAsync(nonsense, TestContext.Current.CancellationToken);
        }

        Assert.Contains("\"status\":\"ok\"", await ClientAsync(door, "command"), StringComparison.Ordinal);
    }

    private async Task<(string Lease, Rfc2217Answer Door)> OpenAsync(Device device)
    {
        var lease = await _anna.LeaseAsync(device.Identity.Id);
        using var answer = await _anna.AskAsync(device.Identity.Id, "rfc2217", new { leaseId = lease });
        return (lease, await answer.ReadAsync<Rfc2217Answer>());
    }

    private static bool Answers(Rfc2217Answer door)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(door.Host, door.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Task<string> ClientAsync(Rfc2217Answer door, string what) => EndAsync(Start(door, what));

    private static async Task<string> EndAsync(Process started)
    {
        using var client = started;
        var (output, errors) = (client.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), client.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await client.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Eventually.Timeout * 2, TestContext.Current.CancellationToken);
        Assert.True(client.ExitCode == 0, await errors);
        return await output;
    }

    private static Process Start(Rfc2217Answer door, string what) => Start("rfc2217_client.py", door.Url, what);

    private static Process Start(string script, params string[] words) =>
        Process.Start(new ProcessStartInfo("/usr/bin/python3", [Script(script), .. words]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private async Task EchoAsync(CancellationToken cancellation)
    {
        var bytes = new byte[4096];
        try
        {
            while (await _cable.Board!.BaseStream.ReadAsync(bytes, cancellation) is var count and > 0)
                await _cable.Board.BaseStream.WriteAsync(bytes.AsMemory(0, count), cancellation);
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private static string Script(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, name);
}
