using System.Net.Http.Json;
using System.Text.Json;
using LLMos.Bench.Volumes;
using LLMos.Server.Runs;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Bench;

/// <summary>Somebody with a token and one connection that stays open, as scripts and agents have.</summary>
internal sealed class Person(Uri address, string token) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler())
    {
        BaseAddress = address,
        DefaultRequestHeaders = { Authorization = new("Bearer", token) },
    };

    /// <summary>Runs a program over REST, from request to record.</summary>
    /// <exception cref="BenchException">It did not succeed.</exception>
    public Task<RunRecord> RunAsync(string code, CancellationToken cancellation) => RunAsync(Python(code), cancellation);

    /// <exception cref="BenchException">It did not succeed.</exception>
    public async Task<RunRecord> RunAsync(StartRunRequest request, CancellationToken cancellation)
    {
        using var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, JsonSerializerOptions.Web));
        body.Headers.ContentType = new("application/json");
        using var answer = await _client.PostAsync(new Uri("api/v1/runs?wait=25", UriKind.Relative), body, cancellation);
        if (!answer.IsSuccessStatusCode)
            throw new BenchException($"A run was refused: {await answer.Content.ReadAsStringAsync(cancellation)}");

        var record = await answer.Content.ReadFromJsonAsync<RunRecord>(cancellation);
        return record is { State: "succeeded" } ? record : throw new BenchException($"A run ended as {record?.State}: {record?.Reason}");
    }

    /// <summary>Starts a program and does not wait.</summary>
    public async Task<RunRecord> StartAsync(string code, CancellationToken cancellation)
    {
        using var answer = await _client.PostAsJsonAsync(new Uri("api/v1/runs", UriKind.Relative), Python(code), cancellation);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<RunRecord>(cancellation))!;
    }

    /// <summary>Runs a program, however it ends, and waits for that or until <paramref name="enough"/>.</summary>
    public async Task TryAsync(string code, CancellationToken enough)
    {
        try
        {
            using var answer = await _client.PostAsJsonAsync(new Uri("api/v1/runs?wait=60", UriKind.Relative), Python(code), enough);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // The run goes on without a listener.
        }
    }

    /// <summary>Cancels what waits and runs.</summary>
    public async Task CancelAllAsync(CancellationToken cancellation)
    {
        var list = await _client.GetFromJsonAsync<RunList>(new Uri("api/v1/runs", UriKind.Relative), cancellation);
        foreach (var run in list!.Runs.Where(run => run.EndedAt is null))
            await CancelAsync(run.Id, cancellation);
    }

    public async Task CancelAsync(string runId, CancellationToken cancellation)
    {
        using var answer = await _client.PostAsync(new Uri($"api/v1/runs/{runId}/cancel", UriKind.Relative), content: null, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    public async Task AskHealthAsync(CancellationToken cancellation)
    {
        using var answer = await _client.GetAsync(new Uri("api/v1/health/ready", UriKind.Relative), cancellation);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>A hub connection by WebSocket and MessagePack.</summary>
    public async Task<HubConnection> ConnectAsync(CancellationToken cancellation)
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(address, "/hubs/runs"), options => options.AccessTokenProvider = () => Task.FromResult<string?>(token))
            .AddMessagePackProtocol()
            .Build();
        await hub.StartAsync(cancellation);
        return hub;
    }

    public async Task CloseSessionAsync(string name, CancellationToken cancellation)
    {
        using var answer = await _client.DeleteAsync(new Uri($"api/v1/sessions/{name}", UriKind.Relative), cancellation);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>This person's volumes.</summary>
    public RestClient Files() => new(new(address, "/api/v1/volumes/"), token);

    public void Dispose() => _client.Dispose();

    public static StartRunRequest Python(string code) => new() { Language = "python", Code = code };
}
