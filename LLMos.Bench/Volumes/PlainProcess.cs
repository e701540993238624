using System.Collections;

namespace LLMos.Bench.Volumes;

/// <summary>A <see cref="PlainServer"/> that runs.</summary>
internal sealed class PlainProcess : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly ChildProcess _process;

    private PlainProcess(string folder)
    {
        var address = new Uri($"http://127.0.0.1:{BenchServer.FreePort()}");
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(pair => KeyValuePair.Create((string)pair.Key, (string?)pair.Value ?? ""));
        _process = ChildProcess.Start(["dotnet", typeof(PlainServer).Assembly.Location, PlainServer.Argument, address.ToString(), folder], environment);
        Client = new(address);
    }

    public RestClient Client { get; }

    public static async Task<PlainProcess> StartAsync(string folder, CancellationToken cancellation)
    {
        var plain = new PlainProcess(folder);
        while (!plain._process.HasEnded)
        {
            try
            {
                await plain.Client.PutAsync("files/ready", new ByteArrayContent([1]), cancellation);
                return plain;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
                await Task.Delay(Poll, cancellation);
            }
        }

        throw new BenchException("The plain server ended.");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Terminate();
        await Task.Run(_process.Wait);
    }
}
