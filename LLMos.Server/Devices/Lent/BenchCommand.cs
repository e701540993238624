using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using LLMos.Server.Foundation.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Serilog;

namespace LLMos.Server.Devices.Lent;

/// <summary><c>LLMos.Server bench --server URL --token TOKEN --ports PATTERNS</c>: lends this machine's ports to a server, which it dials.</summary>
/// <param name="Ports">As <see cref="DeviceOptions.Allowed"/>; nothing else is opened.</param>
/// <param name="Name">Of this machine among those of the same person: two of a name take each other's ports.</param>
internal sealed record BenchCommand(Uri Server, string Token, string Ports, string Name)
{
    private const string Word = "bench", TokenVariable = "LLMOS_TOKEN";
    private const string Usage = $"LLMos.Server bench --server https://llmos.example --ports \"/dev/serial/by-id/*\" [--token TOKEN | --token-file FILE] [--name THIS-MACHINE]; the token is better in {TokenVariable} or in a file, as everybody here can read a command line";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1), MostPause = TimeSpan.FromSeconds(5), Lasting = TimeSpan.FromSeconds(10);

    /// <returns>Null when something else is meant.</returns>
    /// <exception cref="InvalidDataException">A word is missing or not known.</exception>
    public static BenchCommand? From(string[] args)
    {
        if (args is not [Word, .. var words])
            return null;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = 0; at < words.Length; at += 2)
        {
            if (words[at] is not ("--server" or "--token" or "--token-file" or "--ports" or "--name") || at + 1 == words.Length || !values.TryAdd(words[at], words[at + 1]))
                throw new InvalidDataException($"'{words[at]}' is not known, is there twice, or has no value: {Usage}");
        }

        var token = values.GetValueOrDefault("--token") ?? (values.TryGetValue("--token-file", out var file) ? File.ReadAllText(file) : new ConfigurationBuilder().AddEnvironmentVariables().Build()[TokenVariable]);
        if (!Uri.TryCreate(values.GetValueOrDefault("--server"), UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
            throw new InvalidDataException($"Say where the server is: {Usage}");
        if (string.IsNullOrWhiteSpace(token) || !values.TryGetValue("--ports", out var ports))
            throw new InvalidDataException($"Say which ports it may open, and the token of a member: {Usage}");
        return new(server, token.Trim(), ports, values.GetValueOrDefault("--name") ?? NameOfMachine());
    }

    /// <summary>Lends until it is told to stop.</summary>
    /// <returns>The exit status: 0 was stopped; 2 the server does not take the token.</returns>
    public async Task<int> RunAsync(TimeProvider time)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var logs = new LoggerConfiguration().Enrich.With<LogTexts>().WriteTo.Console(outputTemplate: Logs.Line, formatProvider: CultureInfo.InvariantCulture).CreateLogger();
        using var factory = LoggerFactory.Create(builder => builder.AddSerilog(logs).AddFilter("Microsoft", LogLevel.Warning));
        var log = factory.CreateLogger<BenchCommand>();
        if (Server is { Scheme: "http", IsLoopback: false })
            log.TokenInClear(Server);
        log.Lending(Ports, Server);
        try
        {
            await LendAsync(log, time, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            log.TokenRefused(Server);
        }

        return StartFailure.ExitStatus;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private async Task LendAsync(Microsoft.Extensions.Logging.ILogger log, TimeProvider time, CancellationToken cancellation)
    {
        var finder = new PortFinder(Ports);
        var lent = new Dictionary<string, Task>(StringComparer.Ordinal);
        var failed = new Dictionary<string, string>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            foreach (var (id, over) in lent.Where(port => port.Value.IsCompleted).ToList())
            {
                lent.Remove(id);
                await over;
            }

            foreach (var found in finder.Find(lent.ContainsKey).Where(found => !lent.ContainsKey(found.Id)))
            {
                try
                {
                    lent[found.Id] = LendAsync(new PortLender(found, Name, time), found, log, time, cancellation);
                    failed.Remove(found.Id);
                }
                catch (IOException failure)
                {
                    // It is tried again and again, and told once.
                    if (failed.GetValueOrDefault(found.Id) != failure.Message)
                        log.DeviceNotOpened(found.Id, failed[found.Id] = failure.Message);
                }
            }
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    private async Task LendAsync(PortLender lender, DeviceIdentity port, Microsoft.Extensions.Logging.ILogger log, TimeProvider time, CancellationToken cancellation)
    {
        using var _ = lender;
        var pause = TimeSpan.Zero;
        while (!lender.IsOver)
        {
            await Task.Delay(pause, time, cancellation);
            pause = TimeSpan.FromSeconds(Math.Clamp(pause.TotalSeconds * 2, 0.25, MostPause.TotalSeconds));
            await using var connection = new HubConnectionBuilder()
                .WithUrl(new Uri(Server, "hubs/devices"), options => options.AccessTokenProvider = () => Task.FromResult<string?>(Token))
                .AddMessagePackProtocol().Build();
            var (begun, isLent) = (time.GetTimestamp(), false);
            try
            {
                await connection.StartAsync(cancellation);
                await lender.ServeAsync(
                    connection,
                    id =>
                    {
                        isLent = true;
                        log.Lent(port.Path!, id, Server);
                    },
                    cancellation);
            }
            catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                throw;
            }
            catch (Exception lost) when (!cancellation.IsCancellationRequested && lost is IOException or HttpRequestException or HubException or InvalidOperationException or OperationCanceledException or TimeoutException or System.Net.WebSockets.WebSocketException)
            {
                log.ConnectionLost(port.Path!, lost.Message);
                // A cut one is made again at once; a call that the server ends would begin anew without a pause.
                if (isLent && lost is not HubException)
                    pause = TimeSpan.Zero;
            }

            if (isLent && time.GetElapsedTime(begun) >= Lasting)
                pause = TimeSpan.Zero;
        }

        log.DeviceGone(port.Path!);
    }

    // It leaves this machine only as a part of a hash, as is asked of those who use it.
    private static string NameOfMachine()
    {
        try
        {
            if (File.ReadAllText("/etc/machine-id").Trim() is { Length: > 0 } id)
                return id;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            // As in many containers.
        }

        return Environment.MachineName;
    }
}
