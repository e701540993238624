using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using LLMos.Bench.Devices;
using LLMos.Bench.Volumes;
using LLMos.Server.Devices;
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

    public Task<HubConnection> ConnectAsync(CancellationToken cancellation) => ConnectAsync("/hubs/runs", cancellation);

    /// <summary>A hub connection by WebSocket and MessagePack.</summary>
    public async Task<HubConnection> ConnectAsync(string path, CancellationToken cancellation)
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(address, path), options => options.AccessTokenProvider = () => Task.FromResult<string?>(token))
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

    public async Task<DeviceSummary> DeviceAsync(string id, CancellationToken cancellation) =>
        (await _client.GetFromJsonAsync<DeviceSummary>(new Uri($"api/v1/devices/{id}", UriKind.Relative), cancellation))!;

    /// <summary>Waits until a port is open.</summary>
    /// <returns>The id of its device.</returns>
    public async Task<string> PortAsync(string path, CancellationToken cancellation)
    {
        while (true)
        {
            var devices = await _client.GetFromJsonAsync<DeviceSummary[]>(new Uri("api/v1/devices", UriKind.Relative), cancellation);
            if (devices!.FirstOrDefault(device => device.Port == path && device.State == "ready") is { } found)
                return found.Id;
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }
    }

    public async Task<string> LeaseAsync(string device, CancellationToken cancellation) =>
        (await AskAsync<LeaseAnswer>($"api/v1/devices/{device}/lease", new LeaseRequest(), cancellation)).LeaseId;

    public Task<Rfc2217Answer> OfferAsync(string device, string leaseId, CancellationToken cancellation) =>
        AskAsync<Rfc2217Answer>($"api/v1/devices/{device}/rfc2217", new LeaseUse(leaseId), cancellation);

    public async Task ReleaseAsync(string device, string leaseId, CancellationToken cancellation)
    {
        using var answer = await _client.PostAsJsonAsync(new Uri($"api/v1/devices/{device}/lease/release", UriKind.Relative), new LeaseUse(leaseId), cancellation);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>A Telnet client of a device that this person has the lease of.</summary>
    public async Task<Talk> TelnetAsync(string device, string leaseId, CancellationToken cancellation)
    {
        var offer = await OfferAsync(device, leaseId, cancellation);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(offer.Host, offer.Port, cancellation);
        return Talk.OverSocket(socket, isTelnet: true);
    }

    /// <summary>Somebody who watches a device, and never reads what comes.</summary>
    public async Task<ClientWebSocket> StallAsync(string device, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        await socket.ConnectAsync(new UriBuilder(new Uri(address, "/hubs/devices")) { Scheme = "ws" }.Uri, cancellation);
        await SendAsync("""{"protocol":"json","version":1}""");
        await SendAsync($$"""{"type":4,"invocationId":"1","target":"Watch","arguments":["{{device}}",null]}""");
        return socket;

        ValueTask SendAsync(string message) => socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(message + "\u001e"), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, cancellation);
    }

    /// <summary>This person's volumes.</summary>
    public RestClient Files() => new(new(address, "/api/v1/volumes/"), token);

    public void Dispose() => _client.Dispose();

    private async Task<T> AskAsync<T>(string path, object body, CancellationToken cancellation)
    {
        using var answer = await _client.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, cancellation);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<T>(cancellation))!;
    }

    public static StartRunRequest Python(string code) => new() { Language = "python", Code = code };
}
