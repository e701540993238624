using System.Diagnostics;

namespace LLMos.Bench.Devices;

/// <summary>What hangs at a pseudo terminal: it echoes, or sends at the speed of a line.</summary>
internal sealed class Board : IDisposable
{
    private const int BitsPerByte = 10;

    private readonly Thread _thread;
    private volatile bool _stopped;

    private Board(PseudoTerminal terminal, Action<Board> live)
    {
        Terminal = terminal;
        _thread = new(() => live(this)) { IsBackground = true, Name = "board" };
        _thread.Start();
    }

    public PseudoTerminal Terminal { get; }

    public static Board Echoing(PseudoTerminal terminal) => new(terminal, board =>
    {
        var buffer = new byte[4096];
        while (!board._stopped && terminal.Read(buffer) is > 0 and var count)
            terminal.Write(buffer.AsSpan(0, count));
    });

    /// <summary>Sends so many bytes, of which each is known by its place (<see cref="At"/>), in pieces as a chip's FIFO gives them.</summary>
    public static async Task SendAsync(PseudoTerminal terminal, int baudRate, int pieceBytes, long bytes, CancellationToken cancellation)
    {
        var begun = Stopwatch.GetTimestamp();
        var perSecond = (double)baudRate / BitsPerByte;
        var piece = new byte[pieceBytes];
        for (long sent = 0; sent < bytes;)
        {
            var due = Math.Min(bytes, (long)(Stopwatch.GetElapsedTime(begun).TotalSeconds * perSecond));
            if (sent + pieceBytes > due && due < bytes)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), cancellation);
                continue;
            }

            var count = (int)Math.Min(pieceBytes, bytes - sent);
            for (var index = 0; index < count; index++)
                piece[index] = At(sent + index);
            terminal.Write(piece.AsSpan(0, count));
            sent += count;
        }
    }

    /// <summary>The byte at a place of what is sent; never 0xFF, which Telnet doubles.</summary>
    public static byte At(long place) => (byte)(((place * 31) + (place >> 8)) % 251);

    public void Dispose()
    {
        _stopped = true;
        // An echo for the reader that waits.
        using var knock = new FileStream(Terminal.Path, FileMode.Open, FileAccess.Write);
        knock.WriteByte(0);
        knock.Flush();
        _thread.Join();
    }
}
