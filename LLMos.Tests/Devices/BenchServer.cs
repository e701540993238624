using LLMos.Bench.Devices;
using LLMos.Server.Devices;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

/// <summary>One server for the tests of a class, each of which has a board of its own.</summary>
public sealed class BenchServer : IAsyncDisposable
{
    private readonly TemporaryFolder _ports = new();
    private int _boards, _cables;

    public BenchServer() => Server = new ServerWithoutPrograms(("Devices:Allowed", _ports["ttyBench*"]), ("Devices:Virtual", "32"), ("Devices:LeaseGraceSeconds", "0"));

    public LLMosServer Server { get; }

    /// <summary>A virtual board that no other test uses and that has booted.</summary>
    internal Task<Device> NextBoardAsync() => Server.VirtualAsync($"virtual-{++_boards}");

    /// <summary>A pair of ports that is not plugged in yet.</summary>
    internal SerialPair NextCable() => new(_ports, ++_cables);

    /// <summary>A port of the server's whose other end the test has, or a board of code.</summary>
    internal PluggedTerminal Plug()
    {
        var terminal = new PseudoTerminal();
        var port = _ports[$"ttyBenchOf{Path.GetFileName(terminal.Path)}"];
        File.CreateSymbolicLink(port, terminal.Path);
        return new(terminal, port);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _ports.Dispose();
    }

    internal sealed record PluggedTerminal(PseudoTerminal Terminal, string Port) : IDisposable
    {
        public void Dispose()
        {
            // First: the kernel gives the terminal's name to another, which the server would open too.
            File.Delete(Port);
            Terminal.Dispose();
        }
    }
}
