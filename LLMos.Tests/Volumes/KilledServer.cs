using System.Diagnostics;
using System.Text;
using LLMos.Tests.Hosting;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Tests.Volumes;

/// <summary>This assembly started as a whole server, without programs, that somebody kills.</summary>
internal sealed class KilledServer : IDisposable
{
    private readonly Process _process;

    private KilledServer(string folder)
    {
        var assembly = typeof(KilledServer).Assembly.Location;
        var program = new ProcessStartInfo("dotnet", ["exec", assembly, "server", folder, "0"]) { RedirectStandardOutput = true };
        program.Environment["DOTNET_STARTUP_HOOKS"] = assembly;
        _process = Process.Start(program)!;
    }

    /// <summary>Clients of one member, each with connections of its own.</summary>
    public static async Task<(KilledServer Server, List<HttpClient> Clients)> StartAsync(string folder, int clients)
    {
        var server = new KilledServer(folder);
        while (await server._process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Split(' ') is not ["ready", var address, var token])
                continue;
            // Or it waits for somebody to read its log.
            _ = server._process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return (server, [.. Enumerable.Range(0, clients).Select(_ => ClientOf(address, token))]);
        }

        throw new InvalidOperationException("The server ended before it was ready.");
    }

    public static async Task ServeUntilKilled(string folder)
    {
        await using var server = new ServerWithoutPrograms(("Data:Path", folder), ("Data:CheckpointMegabytes", "1")).Listen();
        var token = await server.TokenAsync("member");
        using var client = server.Client();
        await using (var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0))
            output.Write(Encoding.ASCII.GetBytes($"ready {client.BaseAddress} {token}\n"));
        await Task.Delay(Timeout.Infinite);
    }

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static HttpClient ClientOf(string address, string token)
    {
        var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new(address), Timeout = Eventually.Timeout };
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }
}
