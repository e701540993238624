using System.Text;
using System.Text.RegularExpressions;

namespace LLMos.Server.Devices;

/// <summary>Looks for lines that a board has printed.</summary>
internal static class LogSearch
{
    private const int MostHits = 200, MostLine = 4096, BatchEvents = 500;

    // Of one request; the next goes on where it ended.
    private const long MostBytes = 16 * 1024 * 1024;

    /// <param name="pattern">Of an engine whose time is bounded by the text.</param>
    /// <exception cref="Foundation.Errors.DomainException"><c>devices.after_invalid</c>.</exception>
    public static DeviceFindings Find(DeviceLog log, Regex pattern, long after)
    {
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

                if (hits.Count >= MostHits)
                    return new(hits, after, after < log.Last);
            }
        }

        Look();
        return new(hits, after, after < log.Last);

        void Look()
        {
            var text = Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            if (begun is not null && text.Length > 0 && pattern.IsMatch(text))
                hits.Add(new(begun.Sequence, begun.At, text));
            line.Clear();
            begun = null;
        }
    }
}
