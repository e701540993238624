using LLMos.Server.Foundation.Hosting;
using LLMos.Server.Foundation.Storage;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Runs.Doctor;

/// <summary><c>LLMos.Server doctor [--attack] [--json]</c>: what this host and install give, beside a server that may be running.</summary>
internal sealed record DoctorCommand(bool Attack, bool Json)
{
    private const string Word = "doctor", AttackOption = "--attack", JsonOption = "--json";
    private const int Well = 0, NotWell = 1;

    /// <returns>Null when the server is meant; otherwise the doctor's own words are taken out of <paramref name="args"/>, the rest are settings.</returns>
    /// <exception cref="InvalidDataException">An option that it does not have.</exception>
    public static DoctorCommand? From(ref string[] args)
    {
        if (args is not [Word, .. var options])
            return null;
        args = [.. options.Where(option => option is not (AttackOption or JsonOption))];
        // A slip must not look like an attack that held.
        if (args.FirstOrDefault(option => option.StartsWith("--", StringComparison.Ordinal) && !option.AsSpan().ContainsAny(':', '=')) is { } unknown)
            throw new InvalidDataException($"'{unknown}' is no option of doctor: it has {AttackOption} and {JsonOption}, and takes settings such as --Data:Path=/data.");
        return new(options.Contains(AttackOption), options.Contains(JsonOption));
    }

    /// <returns>The exit status: 0 all is well, 1 something required is missing or an attack came through.</returns>
    public async Task<int> RunAsync(IServiceProvider services)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var report = await LookAsync(
            services.GetRequiredService<IOptions<RunOptions>>().Value, services.GetRequiredService<IOptions<StorageOptions>>().Value.Path, time);
        if (report.Attacks is not null)
            report = Keep(report, services.GetRequiredService<LastAttack>(), time);
        StandardOutput.Write(Json ? report.ToJson() : report.ToText());
        return report.IsWell ? Well : NotWell;
    }

    private static DoctorReport Keep(DoctorReport report, LastAttack last, TimeProvider time)
    {
        try
        {
            last.Write(report.Summarize(time.GetUtcNow().UtcDateTime));
            return report;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var remedy = "The server will not show this result: run the doctor as the server's user, with the server's --Data:Path.";
            return report with { Host = [.. report.Host, new("data", failure.Message, remedy)] };
        }
    }

    private async Task<DoctorReport> LookAsync(RunOptions options, string data, TimeProvider time)
    {
        var version = SystemEndpoints.Version().Version;
        try
        {
            using var session = await AttackSession.StartAsync(options, data, DecoySecrets.Make(), time, CancellationToken.None);
            var isolation = await session.ProbeAsync();
            var host = await HostFacts.GatherAsync(options, session.Forkserver.Hello.LandlockAbi, CancellationToken.None);
            var started = time.GetTimestamp();
            var attacks = Attack ? await session.AttackAsync(_ => true) : null;
            return new(version, isolation, host, attacks, time.GetElapsedTime(started).TotalSeconds);
        }
        catch (IOException failed)
        {
            // Mostly a missing package, which the look at the host names.
            var host = await HostFacts.GatherAsync(options, landlockAbi: null, CancellationToken.None);
            return new(version, new(false, failed.Message, time.GetUtcNow().UtcDateTime, []), host, null, 0);
        }
    }
}
