using System.Diagnostics;
using System.IO.Ports;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

/// <summary>Two serial ports joined by a cable: the server's, and the board's, which tests open by System.IO.Ports.</summary>
internal sealed class SerialPair(TemporaryFolder folder, int number) : IDisposable
{
    private readonly string _board = folder[$"board{number}"];
    private Process? _cable;

    public string Port { get; } = folder[$"ttyBench{number}"];

    /// <summary>The board's end, while it is plugged in.</summary>
    public SerialPort? Board { get; private set; }

    public async Task PlugInAsync()
    {
        _cable = Process.Start("socat", [$"pty,rawer,link={Port}", $"pty,rawer,link={_board}"]);
        await Eventually.HoldsAsync(() => File.Exists(Port) && File.Exists(_board), "the cable is plugged in");
        Board = new(_board, 115_200) { ReadTimeout = (int)Eventually.Timeout.TotalMilliseconds, WriteTimeout = (int)Eventually.Timeout.TotalMilliseconds };
        Board.Open();
    }

    /// <summary>As if the board were pulled out: both ports hang up.</summary>
    public void PullOut()
    {
        _cable?.Kill();
        _cable?.WaitForExit();
        _cable?.Dispose();
        _cable = null;
        Board?.Dispose();
        // Killed, it leaves its links.
        File.Delete(Port);
        File.Delete(_board);
    }

    public void Dispose() => PullOut();
}
