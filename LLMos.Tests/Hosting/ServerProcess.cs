using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs;

namespace LLMos.Tests.Hosting;

/// <summary>The real server in a process of its own, whose memory, descriptors and threads are nobody else's.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const string Password = "correct horse";

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Uri? _address;

    private ServerProcess(params (string Key, string Value)[] settings)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "LLMos.Server"))
        {
            Environment =
            {
                ["LLMos__Data__Path"] = _folder.Path,
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["LLMos__FirstRun__AdminUser"] = LLMosServer.Administrator,
                ["LLMos__FirstRun__AdminPassword"] = Password,
            },
            RedirectStandardOutput = true,
        };
        foreach (var (key, value) in settings)
            start.Environment[key] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Split("Now listening on: ") is [_, var rest])
                _listens.TrySetResult(new(rest.Split(' ')[0]));
        };
        _process.BeginOutputReadLine();
    }

    public int Id => _process.Id;

    public string RunsFolder => HiddenFolder.Find(_folder["runs"]);

    /// <summary>The interpreter that workers are forked from.</summary>
    public int Forkserver => ProcessFiles.ChildrenOf(Id).Single();

    /// <summary>Returns when it is ready to run code.</summary>
    public static async Task<ServerProcess> StartAsync(params (string Key, string Value)[] settings)
    {
        var server = new ServerProcess(settings);
        server._address = await server._listens.Task.WaitAsync(Eventually.Timeout);
        using var client = server.Client();
        await Eventually.HoldsAsync(
            () => client.Send(new(HttpMethod.Get, "/api/v1/health/ready")).IsSuccessStatusCode, "the server is ready");
        return server;
    }

    /// <summary>Clients of new members, signed in by token.</summary>
    public async Task<IReadOnlyList<HttpClient>> MembersAsync(int count)
    {
        using var administrator = await SignInAsync(LLMosServer.Administrator);
        var members = new List<HttpClient>();
        for (var number = 1; number <= count; number++)
        {
            var user = string.Create(CultureInfo.InvariantCulture, $"member-{number}");
            using var made = await administrator.PostAsJsonAsync("/api/v1/people", new { user, password = Password, role = "member" });
            using var signedIn = await SignInAsync(user);
            using var answer = await signedIn.PostAsJsonAsync("/api/v1/tokens", new { name = "test" });
            var member = Client();
            member.DefaultRequestHeaders.Authorization = new("Bearer", (await answer.ReadAsync<CreatedTokenAnswer>()).Token);
            members.Add(member);
        }

        return members;
    }

    public static async Task<RunRecord> RunAsync(HttpClient member, StartRunRequest request, int wait = 60)
    {
        using var answer = await member.PostAsJsonAsync($"/api/v1/runs?wait={wait}", request);
        return await answer.ReadAsync<RunRecord>();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task<HttpClient> SignInAsync(string user)
    {
        var client = Client();
        client.DefaultRequestHeaders.Add("X-LLMos-Request", "1");
        using var answer = await client.PostAsJsonAsync("/api/v1/login", new LoginRequest(user, Password));
        answer.EnsureSuccessStatusCode();
        return client;
    }

    // Not Eventually.Timeout: a hostile neighbour's run lasts longer.
    private HttpClient Client() => new(new SocketsHttpHandler()) { BaseAddress = _address, Timeout = TimeSpan.FromSeconds(90) };
}
