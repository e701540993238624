using System.Text.Json;

namespace LLMos.Server.Devices.Lines.Virtual;

/// <summary>A line that brings what a device once sent, as fast as it came then: from its opening on, and again whenever it is reset by RTS.</summary>
/// <remarks>A recording is a file of lines, each an event as the download of a device's log gives it.</remarks>
internal sealed class Replay : ILine
{
    // A pause of a night is no recording's point.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _off = new();
    private readonly ILineListener _listener;
    private readonly TimeProvider _time;
    private readonly string _path;
    private CancellationTokenSource _playing = new();
    private Task _played = Task.CompletedTask;
    private bool _rts;

    /// <exception cref="IOException">The recording is not there.</exception>
    public Replay(string path, ILineListener listener, TimeProvider time)
    {
        (_path, _listener, _time) = (path, listener, time);
        File.OpenRead(path).Dispose();
        _played = PlayAsync(_playing.Token);
    }

    // Nobody listens there.
    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => Task.CompletedTask;

    public Task ConfigureAsync(LineSettings settings) => Task.CompletedTask;

    public Task<int> DrainAsync(TimeSpan longest) => Task.FromResult(0);

    public async Task SetAsync(LineSignals signals)
    {
        var isReset = _rts && signals.Rts == false;
        _rts = signals.Rts ?? _rts;
        if (!isReset)
            return;
        await _playing.CancelAsync();
        await _played;
        _playing = new();
        _played = PlayAsync(_playing.Token);
    }

    public void Dispose()
    {
        _off.Cancel();
        _playing.Cancel();
    }

    private async Task PlayAsync(CancellationToken stopped)
    {
        await Task.Yield();
        try
        {
            DateTimeOffset? before = null;
            await foreach (var line in File.ReadLinesAsync(_path, stopped))
            {
                if (JsonSerializer.Deserialize<DeviceEvent>(line, JsonSerializerOptions.Web) is not { Kind: "received", Data: { } data } happened)
                    continue;
                var pause = happened.At - (before ?? happened.At);
                before = happened.At;
                if (pause > TimeSpan.Zero)
                    await Task.Delay(pause < LongestPause ? pause : LongestPause, _time, stopped);
                _listener.Received(data);
            }
        }
        catch (OperationCanceledException)
        {
            // Played anew, or never again.
        }
        catch (Exception broken) when (broken is IOException or JsonException or UnauthorizedAccessException)
        {
            _listener.Missed($"The recording cannot be read on: {broken.Message}");
        }
    }
}
