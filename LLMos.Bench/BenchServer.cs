using System.Collections;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using LLMos.Server.Accounts;

namespace LLMos.Bench;

/// <summary>The real server, in a process of its own, on a free port and an empty folder.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private const string Administrator = "bench-administrator";

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60), Poll = TimeSpan.FromMilliseconds(100);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("llmos-bench-");
    private readonly string _password = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
    private readonly Uri _address;
    private readonly ChildProcess _process;
    private readonly List<Person> _people = [];

    private BenchServer(string dll, IReadOnlyList<string> settings)
    {
        _address = new($"http://127.0.0.1:{FreePort()}");
        Peers = new(_folder.CreateSubdirectory("home").FullName);
        _process = ChildProcess.Start(["dotnet", Path.GetFullPath(dll), "--urls", _address.ToString(), .. settings], ServerEnvironment(), LogPath);
    }

    public int ProcessId => _process.Id;

    public PeerPrograms Peers { get; }

    private string LogPath => Path.Combine(_folder.FullName, "server.log");

    /// <summary>Returns when the server is ready to run code.</summary>
    /// <param name="settings">As on the command line; none are the defaults.</param>
    public static async Task<BenchServer> StartAsync(string dll, CancellationToken cancellation, params IReadOnlyList<string> settings)
    {
        var server = new BenchServer(dll, settings);
        try
        {
            await server.WaitUntilReadyAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds members, each with a token.</summary>
    public async Task<IReadOnlyList<Person>> AddPeopleAsync(int count, CancellationToken cancellation)
    {
        using var administrator = await SignInAsync(Administrator, cancellation);
        for (var number = 1; number <= count; number++)
        {
            var user = $"bench-{number}";
            await PostAsync(administrator, "api/v1/people", new { user, password = _password, role = "member" }, cancellation);
            using var member = await SignInAsync(user, cancellation);
            using var answer = await PostAsync(member, "api/v1/tokens", new { name = "bench" }, cancellation);
            var token = await answer.Content.ReadFromJsonAsync<CreatedTokenAnswer>(cancellation);
            _people.Add(new(_address, token!.Token));
        }

        return _people;
    }

    public async ValueTask DisposeAsync()
    {
        _people.ForEach(person => person.Dispose());
        _process.Terminate();
        await Task.Run(_process.Wait);
        _folder.Delete(recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>This process's variables but for settings of the server: the defaults are what is measured.</summary>
    private Dictionary<string, string> ServerEnvironment()
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(pair => KeyValuePair.Create((string)pair.Key, (string?)pair.Value ?? ""))
            .Where(pair => !pair.Key.StartsWith("LLMos__", StringComparison.OrdinalIgnoreCase) && !pair.Key.StartsWith("ASPNETCORE_", StringComparison.Ordinal));
        return new(variables)
        {
            ["LLMos__Data__Path"] = Path.Combine(_folder.FullName, "data"),
            ["LLMos__FirstRun__AdminUser"] = Administrator,
            ["LLMos__FirstRun__AdminPassword"] = _password,
        };
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        using var client = Client();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(StartPatience);
        try
        {
            while (!await IsReadyAsync(client, patience.Token))
                await Task.Delay(Poll, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new BenchException($"The server was not ready within {StartPatience.TotalSeconds} s:\n{await File.ReadAllTextAsync(LogPath, cancellation)}");
        }
    }

    private async Task<bool> IsReadyAsync(HttpClient client, CancellationToken cancellation)
    {
        if (_process.HasEnded)
            throw new BenchException($"The server ended:\n{await File.ReadAllTextAsync(LogPath, cancellation)}");

        try
        {
            using var answer = await client.GetAsync(new Uri("api/v1/health/ready", UriKind.Relative), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return false;
        }
    }

    private async Task<HttpClient> SignInAsync(string user, CancellationToken cancellation)
    {
        var client = Client();
        client.DefaultRequestHeaders.Add("X-LLMos-Request", "1");
        using var answer = await PostAsync(client, "api/v1/login", new LoginRequest(user, _password), cancellation);
        return client;
    }

    private static async Task<HttpResponseMessage> PostAsync<T>(HttpClient client, string path, T body, CancellationToken cancellation)
    {
        var answer = await client.PostAsJsonAsync(path, body, cancellation);
        return answer.EnsureSuccessStatusCode();
    }

    private HttpClient Client() => new(new SocketsHttpHandler()) { BaseAddress = _address };
}
