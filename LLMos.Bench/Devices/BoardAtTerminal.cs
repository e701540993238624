using LLMos.Server.Devices.Lines;
using LLMos.Server.Devices.Lines.Virtual;

namespace LLMos.Bench.Devices;

/// <summary>The product's own virtual board, in its loader, at the end of a pseudo terminal: what a flasher would find without a server.</summary>
internal sealed class BoardAtTerminal : ILineListener, IAsyncDisposable
{
    private readonly PseudoTerminal _terminal;
    private readonly VirtualEsp32 _board;
    private Task _reading = Task.CompletedTask;
    private volatile bool _stopped;

    private BoardAtTerminal(PseudoTerminal terminal)
    {
        _terminal = terminal;
        _board = new(1, new(), this, TimeProvider.System);
    }

    public static async Task<BoardAtTerminal> StartAsync(PseudoTerminal terminal)
    {
        var board = new BoardAtTerminal(terminal);
        // A pseudo terminal has no lines to reset it by: RTS holds it, and DTR alone chooses the loader as it is let go.
        await board._board.SetAsync(new(Dtr: false, Rts: true));
        await board._board.SetAsync(new(Dtr: true, Rts: false));
        board._reading = Task.Run(board.ReadAsync);
        return board;
    }

    bool ILineListener.IsHurried => true;

    void ILineListener.Received(ReadOnlySpan<byte> bytes) => _terminal.Write(bytes);

    void ILineListener.Missed(string what)
    {
        // Made of code, it misses nothing.
    }

    void ILineListener.Unreachable(string? why)
    {
        // Nor is it ever away.
    }

    void ILineListener.Gone(string why)
    {
        // Nor does it end by itself.
    }

    public async ValueTask DisposeAsync()
    {
        _stopped = true;
        await using (var knock = new FileStream(_terminal.Path, FileMode.Open, FileAccess.Write))
            knock.WriteByte(0);
        await _reading;
        _board.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        while (_terminal.Read(buffer) is > 0 and var count && !_stopped)
        {
            await _board.ConfigureAsync(new(_terminal.BaudRate));
            await _board.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
