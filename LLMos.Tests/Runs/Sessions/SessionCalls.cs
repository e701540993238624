using System.Net.Http.Json;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Sessions;
using LLMos.Tests.Hosting;
using static LLMos.Tests.Runs.RunCalls;

namespace LLMos.Tests.Runs.Sessions;

/// <summary>The REST calls on sessions, as tests make them.</summary>
public static class SessionCalls
{
    public static Task<RunRecord> RunInAsync(this Person person, string session, string code, double? timeoutSeconds = null) =>
        person.RunAsync(Python(code) with { Session = session, TimeoutSeconds = timeoutSeconds });

    /// <summary>Starts <paramref name="code"/> and does not wait.</summary>
    public static async Task<RunRecord> StartInAsync(this Person person, string session, string code)
    {
        using var answer = await person.Client.PostAsJsonAsync("/api/v1/runs", Python(code) with { Session = session });
        return await answer.ReadAsync<RunRecord>();
    }

    public static async Task<SessionList> SessionsAsync(this Person person)
    {
        using var answer = await person.Client.GetAsync("/api/v1/sessions");
        return await answer.ReadAsync<SessionList>();
    }

    public static async Task<SessionVariables> VariablesAsync(this Person person, string session)
    {
        using var answer = await person.Client.GetAsync($"/api/v1/sessions/{session}/variables");
        return await answer.ReadAsync<SessionVariables>();
    }
}
