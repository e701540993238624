using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.SignalR.Client;

namespace LLMos.Tests.Runs;

public static class HubCalls
{
    /// <summary>Reads a run's events until one satisfies <paramref name="until"/>, or the run has ended.</summary>
    public static async Task<IReadOnlyList<RunEvent>> WatchAsync(this HubConnection hub, string id, long after, Func<RunEvent, bool>? until = null)
    {
        using var patience = new CancellationTokenSource(Eventually.Timeout);
        var events = new List<RunEvent>();
        await foreach (var batch in hub.StreamAsync<RunEvent[]>("Watch", id, after, patience.Token))
        {
            foreach (var happened in batch)
            {
                events.Add(happened);
                if (until?.Invoke(happened) == true)
                    return events;
            }
        }

        return events;
    }

    public static string TextOf(this IEnumerable<RunEvent> events, string stream) =>
        string.Concat(events.Where(happened => happened.Type == stream).Select(happened => happened.Text.ToString()));
}
