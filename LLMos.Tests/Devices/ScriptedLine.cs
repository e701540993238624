using System.Text;
using LLMos.Server.Devices.Lines;

namespace LLMos.Tests.Devices;

/// <summary>A line that does what a test says, and keeps what was asked of it.</summary>
internal sealed class ScriptedLine(ILineListener listener) : ILine
{
    private readonly Lock _gate = new();
    private readonly List<LineSignals> _signals = [];
    private readonly List<TimeSpan> _drains = [];

    public ILineListener Listener { get; } = listener;

    /// <summary>What becomes of a write; by default the line takes it.</summary>
    public Func<string, Task> Write { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyList<LineSignals> Signals
    {
        get
        {
            lock (_gate)
                return [.. _signals];
        }
    }

    public IReadOnlyList<TimeSpan> Drains
    {
        get
        {
            lock (_gate)
                return [.. _drains];
        }
    }

    public void Say(string text) => Listener.Received(Encoding.UTF8.GetBytes(text));

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => Write(Encoding.UTF8.GetString(bytes.Span));

    public Task ConfigureAsync(LineSettings settings) => Task.CompletedTask;

    public Task SetAsync(LineSignals signals)
    {
        lock (_gate)
            _signals.Add(signals);
        return Task.CompletedTask;
    }

    public Task<int> DrainAsync(TimeSpan longest)
    {
        lock (_gate)
            _drains.Add(longest);
        return Task.FromResult(longest == TimeSpan.Zero ? 7 : 0);
    }

    public void Dispose()
    {
        // Whoever waits for it waits on: it hangs.
    }
}
