using System.Runtime.CompilerServices;
using LLMos.Server.Runs;
using Microsoft.AspNetCore.SignalR.Client;

namespace LLMos.Bench;

/// <summary>Runs over the hub, as the page starts and watches them.</summary>
internal static class HubRuns
{
    /// <summary>Runs a program in a session, from the start to its last event.</summary>
    /// <exception cref="BenchException">It did not succeed.</exception>
    public static Task RunInAsync(this HubConnection hub, string session, string code, CancellationToken cancellation) =>
        hub.WatchAsync(Person.Python(code) with { Session = session }, cancellation).LastAsync(cancellation).AsTask();

    /// <summary>Starts a program and gives what it prints, piece by piece as it arrives.</summary>
    /// <exception cref="BenchException">It did not succeed.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> PrintedAsync(
        this HubConnection hub, string code, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var happened in hub.WatchAsync(Person.Python(code), cancellation))
        {
            if (happened is { Type: "stdout", Text: { } text })
                yield return text.Bytes;
        }
    }

    private static async IAsyncEnumerable<RunEvent> WatchAsync(
        this HubConnection hub, StartRunRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var run = await hub.InvokeAsync<RunSummary>("Start", request, cancellation);
        var last = new RunEvent();
        await foreach (var batch in hub.StreamAsync<RunEvent[]>("Watch", run.Id, 0L, cancellation))
        {
            foreach (var happened in batch)
                yield return last = happened;
        }

        if (last.State != "succeeded")
            throw new BenchException($"A run ended as {last.State}: {last.Reason}");
    }
}
