using System.Text.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Streams;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>Finds out by a real run what each layer achieves on this host: a program tries what the layer must stop.</summary>
internal static class IsolationProbe
{
    private static readonly Dictionary<string, string> Remedies = new()
    {
        ["rlimits"] = "A limit above could not be set: start the server with no lower hard limits (ulimit -H, or the container's ulimits).",
        ["privileges"] = "Start the server as an ordinary user, or as root with the capabilities to change to one.",
        ["landlock"] = "Needs Linux 5.13 or later with Landlock in the kernel's lsm= list, and a container profile that allows its system calls; `LLMos.Server doctor` says which of them is missing.",
        ["seccomp"] = "Needs a kernel with CONFIG_SECCOMP_FILTER and Debian's python3-seccomp.",
    };

    public static IsolationAnswer Probe(
        Forkserver forkserver, SandboxPolicy policy, RunOptions options, string cacheFolder, TimeProvider time)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var path = Path.Combine(cacheFolder, "probe.log");
        File.Delete(path);
        // What it prints is kept in memory: on a full disk the probe must find out the same.
        using var log = EventLog.Create(path, new() { Write = (_, _, _) => { } });
        var code = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Runs", "Sandboxes", "python", "probe.py"));
        var run = new Run("probe", new("", "server", Role.Administrator), new() { Language = "python", Code = code }, PythonSandbox.RunLimitsOf(options), now);
        var output = new RunOutput(log, now, time, options.RecordedOutputBytes);
        run.TryStart(now);

        // Not required of this one: a layer that is missing is to be found, not to be refused.
        IReadOnlyDictionary<string, string> applied = new Dictionary<string, string>();
        var end = PythonSandbox.Execute(run, output, reach: null, policy with { Required = [] }, forkserver.ForkAsync, (_, worker) =>
        {
            applied = worker.Layers ?? applied;
            worker.Dispose();
        });
        run.Announce();
        if (end.State != RunState.Succeeded)
            return new(false, $"The probe ended as {end.State.Name()}: {end.Reason ?? run.Error?.Message}", now, []);

        var seen = JsonSerializer.Deserialize<Dictionary<string, Attempt>>(output.Record().Stdout.Text, JsonSerializerOptions.Web)!;
        var layers = Remedies.Keys.Select(name => Judge(name, seen[name], applied.GetValueOrDefault(name), policy.Required.Contains(name))).ToList();
        var missing = layers.Where(layer => layer is { Held: false, Required: true }).ToList();
        return missing.Count == 0
            ? new(true, null, now, layers)
            : new(false, string.Join(" ", missing.Select(layer => $"{layer.Name} does not hold: {layer.Detail}")), now, layers);
    }

    private static IsolationLayer Judge(string name, Attempt attempt, string? applied, bool required)
    {
        var held = attempt.Held && applied is not null;
        return new(name, held, required, held ? $"{applied}; {attempt.Seen}" : $"{attempt.Seen}. {Remedies[name]}");
    }

    private sealed record Attempt(bool Held, string Seen);
}
