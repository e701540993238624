using System.Net.Http.Json;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Runs;

/// <summary>The REST calls on runs, as tests make them.</summary>
public static class RunCalls
{
    public static StartRunRequest Python(string code) => new() { Language = "python", Code = code };

    /// <summary>Runs <paramref name="code"/> to its end.</summary>
    public static Task<RunRecord> RunAsync(this Person person, string code, double? timeoutSeconds = null, string? stdin = null) =>
        person.RunAsync(Python(code) with { TimeoutSeconds = timeoutSeconds, Stdin = stdin });

    public static async Task<RunRecord> RunAsync(this Person person, StartRunRequest request)
    {
        using var answer = await person.Client.PostAsJsonAsync("/api/v1/runs?wait=30", request);
        var record = await answer.ReadAsync<RunRecord>();
        return record.EndedAt is null ? await person.EndedAsync(record.Id) : record;
    }

    /// <summary>Starts <paramref name="code"/> and does not wait.</summary>
    public static async Task<RunRecord> StartAsync(this Person person, string code, double? timeoutSeconds = null)
    {
        using var answer = await person.Client.PostAsJsonAsync("/api/v1/runs", Python(code) with { TimeoutSeconds = timeoutSeconds });
        return await answer.ReadAsync<RunRecord>();
    }

    public static async Task<RunRecord> GetRunAsync(this Person person, string id)
    {
        using var answer = await person.Client.GetAsync($"/api/v1/runs/{id}");
        return await answer.ReadAsync<RunRecord>();
    }

    /// <summary>Waits until the run's events satisfy <paramref name="condition"/>, and returns them.</summary>
    public static async Task<IReadOnlyList<RunEvent>> EventsUntilAsync(this Person person, string id, Func<RunEvent, bool> condition)
    {
        await using var hub = await person.ConnectAsync();
        return await hub.WatchAsync(id, 0, condition);
    }

    /// <summary>Whether a printed line is whole: on a busy machine its end may come by itself.</summary>
    public static bool IsLine(RunEvent happened) => happened.Type == "stdout" && happened.Text?.ToString().EndsWith('\n') == true;

    public static async Task<RunRecord> EndedAsync(this Person person, string id)
    {
        await person.EventsUntilAsync(id, _ => false);
        return await person.GetRunAsync(id);
    }
}
