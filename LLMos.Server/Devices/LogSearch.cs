using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace LLMos.Server.Devices;

/// <summary>Looks for lines that a board has printed. One search of a device's log at a time.</summary>
internal sealed class LogSearch(DeviceLog log) : IDisposable
{
    private const int MostHits = 200, MostLine = 4096, BatchEvents = 500;

    public const int MostAnswerBytes = MostHits * MostLine;

    // Of one request; the next goes on where it ended.
    private const long MostBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3), Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _searching = new(1);

    /// <exception cref="Foundation.Errors.DomainException"><c>devices.after_invalid</c>; <c>devices.pattern_invalid</c>: it takes too long; <c>devices.busy</c>.</exception>
    public async Task<DeviceFindings> FindAsync(Regex pattern, long after, CancellationToken cancellation)
    {
        if (!await _searching.WaitAsync(Patience, cancellation))
            throw DeviceErrors.SearchBusy();
        try
        {
            return Find(pattern, after, cancellation);
        }
        finally
        {
            _searching.Release();
        }
    }

    public void Dispose() => _searching.Dispose();

    private DeviceFindings Find(Regex pattern, long after, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var (hits, line, begun, bytes) = (new List<DeviceFinding>(), new List<byte>(), (DeviceEvent?)null, 0L);
        while (bytes < MostBytes && log.Read(after, BatchEvents) is { Count: > 0 } events)
        {
            foreach (var happened in events)
            {
                after = happened.Sequence;
                if (happened.Data is null || happened.Kind != "received")
                    continue;
                bytes += happened.Data.Length;
                foreach (var one in happened.Data)
                {
                    begun ??= happened;
                    if (one != '\n' && line.Count < MostLine)
                    {
                        line.Add(one);
                        continue;
                    }

                    Look();
                }

                cancellation.ThrowIfCancellationRequested();
                if (hits.Count >= MostHits || Stopwatch.GetElapsedTime(started) > Longest)
                    return new(hits, after, after < log.Last);
            }
        }

        Look();
        return new(hits, after, after < log.Last);

        void Look()
        {
            var text = Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            if (begun is not null && text.Length > 0 && DeviceCommands.Match(pattern, text).Success)
                hits.Add(new(begun.Sequence, begun.At, text));
            line.Clear();
            begun = null;
        }
    }
}
