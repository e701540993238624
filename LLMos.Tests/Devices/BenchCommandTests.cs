using System.Diagnostics;
using System.Net;
using LLMos.Server.Devices.Lent;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

public sealed class BenchCommandTests(LendingServer lending) : IClassFixture<LendingServer>, IDisposable
{
    private readonly LLMosServer _server = lending.Server;
    private readonly TemporaryFolder _ports = new();
    private readonly List<Process> _processes = [];

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        _ports.Dispose();
    }

    [Fact]
    public async Task A_machine_elsewhere_lends_its_port_through_cuts_and_each_byte_arrives_once_both_ways()
    {
        using var cable = new CutCable(_server.Client().BaseAddress!);
        using var board = new SerialPair(_ports, 1);
        await board.PlugInAsync();
        using var anna = _server.ClientWith(lending.Anna);
        var before = _server.Registry().All.Select(known => known.Identity.Id).ToHashSet();
        Start(await lending.NextLenderAsync(), cable.Address);
        await Eventually.HoldsAsync(() => _server.Registry().All.Any(found => !before.Contains(found.Identity.Id)), "the port is lent");
        var device = _server.Registry().All.First(found => !before.Contains(found.Identity.Id));
        var lease = await anna.LeaseAsync(device.Identity.Id);

        // 40 KB each way in pieces, and a cut after each quarter.
        var (up, down) = (new byte[40_000], new byte[40_000]);
        new Random(1).NextBytes(up);
        new Random(2).NextBytes(down);
        var arrived = new MemoryStream();
        for (var quarter = 0; quarter < 4; quarter++)
        {
            var writing = anna.AskAsync(device.Identity.Id, "write", new { leaseId = lease, data = down.AsSpan(quarter * 10_000, 10_000).ToArray() });
            await board.Board!.BaseStream.WriteAsync(up.AsMemory(quarter * 10_000, 6_000), TestContext.Current.CancellationToken);
            cable.Cut();
            await board.Board.BaseStream.WriteAsync(up.AsMemory((quarter * 10_000) + 6_000, 4_000), TestContext.Current.CancellationToken);
            var buffer = new byte[10_000];
            for (var read = 0; read < buffer.Length;)
                read += board.Board.Read(buffer, read, buffer.Length - read);
            arrived.Write(buffer);
            Assert.Equal(HttpStatusCode.NoContent, (await writing).StatusCode);
        }

        Assert.Equal(down, arrived.ToArray());
        await Eventually.HoldsAsync(() => DevicesServer.BytesOf(device, "received").Length >= up.Length, "all bytes have come");
        Assert.Equal(up, DevicesServer.BytesOf(device, "received"));
        Assert.InRange(cable.Connections, 2, int.MaxValue);
        Assert.Equal(0, board.Board!.BytesToRead);

        board.PullOut();
        await Eventually.HoldsAsync(() => device.Summarize().State == "absent", "the device is gone");
        await board.PlugInAsync();
        await Eventually.HoldsAsync(() => device.Summarize().State == "ready", "the same device is back");
    }

    [Fact]
    public async Task A_token_that_is_not_taken_ends_it_and_is_not_told()
    {
        using var board = new SerialPair(_ports, 2);
        await board.PlugInAsync();
        var bench = Start("llmos_wrong", _server.Client().BaseAddress!);
        var told = await bench.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, bench.ExitCode);
        Assert.Contains("does not take the token", told, StringComparison.Ordinal);
        Assert.DoesNotContain("llmos_wrong", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bench")]
    [InlineData("bench", "--server", "somewhere", "--token", "x", "--ports", "/dev/ttyUSB*")]
    [InlineData("bench", "--server", "http://localhost", "--ports", "/dev/ttyUSB*")]
    [InlineData("bench", "--server", "http://localhost", "--token", "x")]
    [InlineData("bench", "--server", "http://localhost", "--token", "x", "--prots", "y")]
    [InlineData("bench", "--server")]
    public void What_it_is_not_told_is_asked_for(params string[] args) => Assert.Throws<InvalidDataException>(() => BenchCommand.From(args));

    [Fact]
    public void Other_words_are_not_its() => Assert.Null(BenchCommand.From(["--Urls=http://localhost:1"]));

    private Process Start(string token, Uri server)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "LLMos.Server"), ["bench", "--server", server.ToString(), "--ports", _ports["ttyBench*"]])
        { RedirectStandardOutput = true };
        start.Environment["LLMOS_TOKEN"] = token;
        _processes.Add(Process.Start(start)!);
        return _processes[^1];
    }
}
