using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs.Doctor;

/// <summary>Runs attacks, each in a worker of its own as any program, and looks from outside at what they did.</summary>
/// <param name="limits">What holds for an attack.</param>
/// <param name="person">Whose programs the attacks are.</param>
internal sealed class AttackRunner(
    Forkserver forkserver, AttackPrograms programs, RunOptions options, DecoySecrets secrets, AnotherRun anotherRun, DecoyVolumes volumes,
    string temporary, Func<Attack, RunLimits> limits, TimeProvider time, Caller person)
{
    private const int RecordedBytes = 65_536;

    // After the time that the server's own clock gives an attack, this one ends it, and it counts as broken.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    // A killed process is gone as soon as it has its turn; one that was not killed stays.
    private static readonly TimeSpan Leaving = TimeSpan.FromSeconds(1.5), LeavingAtMost = TimeSpan.FromSeconds(30), BetweenLooks = TimeSpan.FromMilliseconds(5), BetweenLooksAtMost = TimeSpan.FromMilliseconds(80);

    /// <summary>All attacks of all layers, asked from their files: in a worker, as they are programs.</summary>
    /// <exception cref="IOException">A file has a mistake.</exception>
    public async Task<IReadOnlyList<Attack>> ListAsync() =>
        programs.Listed ??= [.. (await Task.WhenAll(programs.Files.Select(ListAsync))).SelectMany(attacks => attacks)];

    public async Task<AttackOutcome> TryAsync(Attack attack, Decoys decoys)
    {
        if (attack.After is { } first)
            _ = await RunAsync(attack, programs.Program(attack.File, first), decoys);
        var trial = await RunAsync(attack, programs.Program(attack), decoys);
        return trial.Judge(attack);
    }

    private async Task<List<Attack>> ListAsync(string file)
    {
        using var run = New(programs.Catalogue(file), stdin: null, new(TimeoutSeconds: 30, HeapMegabytes: 256, OutputBytes: 4_194_304), recordedBytes: 1_048_576);
        var (end, _, _) = await FinishAsync(run, Grace * 6);
        return end.State == RunState.Succeeded
            ? JsonSerializer.Deserialize<List<Attack>>(run.Stdout.Text, JsonSerializerOptions.Web)!
            : throw new IOException($"The attacks of {file}.py cannot be listed: {end.State.Name()} {end.Reason} {run.Run.Error?.Traceback}");
    }

    private async Task<Trial> RunAsync(Attack attack, string code, Decoys decoys)
    {
        if (attack.Source is not null && Refusal(code) is { } refusal)
            return new("refused", refusal, null, []);

        var mark = $"llmosd{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        var told = JsonSerializer.Serialize(decoys.Describe(mark, forkserver.ProcessId, anotherRun.ProcessId));
        using var run = New(code, told, limits(attack), RecordedBytes);
        var (end, workers, effects) = await FinishAsync(run, TimeSpan.FromSeconds(attack.Seconds) + Grace, mark);

        effects.AddRange(await RemainsAsync(workers, mark));
        effects.AddRange(decoys.Effects());
        effects.AddRange(anotherRun.Effects());
        effects.AddRange(volumes.Effects());
        if (forkserver.Ended.IsCompleted || ProcessFacts.Of(forkserver.ProcessId) is not { State: not ('T' or 't') })
            effects.Add("the forkserver was ended or stopped");
        if (end.PeakHeapBytes > (attack.HeapMegabytes + Attack.MarginMegabytes) * 1024L * 1024)
            effects.Add($"it took {end.PeakHeapBytes >> 20} MiB, allowed are {attack.HeapMegabytes}");
        if ((secrets.FoundIn(Encoding.UTF8.GetBytes(run.Stdout.Text)) ?? run.Events().Select(sent => secrets.FoundIn(sent.Span)).FirstOrDefault(place => place is not null)) is { } place)
            effects.Add($"a secret came out, that of {place}");
        return Trial.Of(run, end, effects);
    }

    private DetachedRun New(string code, string? stdin, RunLimits limits, int recordedBytes) => new(
        Path.Combine(temporary, $"{Ulid.NewUlid()}.log"), new() { Language = "python", Code = code, Stdin = stdin }, limits, recordedBytes, time, person, new(volumes.Files, Devices: null));

    private async Task<(RunEnd End, List<Worker> Workers, List<string> Effects)> FinishAsync(DetachedRun run, TimeSpan longest, string? mark = null)
    {
        List<Worker> workers = [];
        List<string> effects = [];
        var ending = Task.Factory.StartNew(
            // No layer is required: what is missing is to be found, not to be refused.
            () => run.Execute(SandboxPolicy.For(run.Run.Limits, options) with { Required = [] }, async policy =>
            {
                var worker = await forkserver.ForkAsync(policy);
                workers.Add(worker);
                return worker;
            }),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return (await ending.WaitAsync(longest, time), workers, effects);
        }
        catch (TimeoutException)
        {
            effects.Add($"the server did not end it within {longest.TotalSeconds:0.#} s");
            // Whoever holds its pipe, holds up its end.
            while (!ending.IsCompleted)
            {
                KillAll(workers, mark);
                await Task.WhenAny(ending, Task.Delay(BetweenLooks, time));
            }

            return (await ending, workers, effects);
        }
    }

    /// <summary>What still runs of an attack that has ended. It is ended here, at the latest.</summary>
    private async Task<List<string>> RemainsAsync(List<Worker> workers, string mark)
    {
        var (started, pause) = (time.GetTimestamp(), BetweenLooks);
        while (Living(workers, mark).Any())
        {
            var elapsed = time.GetElapsedTime(started);
            if (elapsed > LeavingAtMost || (elapsed > Leaving && !Living(workers, mark).All(ProcessFacts.IsBeingKilled)))
            {
                List<string> remains =
                [
                    .. workers.Where(Lives).Select(worker => $"its worker {worker.ProcessId} lived on"),
                    .. ProcessFacts.Marked(mark).Where(process => workers.TrueForAll(worker => worker.ProcessId != process.Id)).Select(process => $"it left the process {process.Id} running"),
                ];
                KillAll(workers, mark);
                return remains;
            }

            // A look at all processes is not for nothing.
            await Task.Delay(pause, time);
            pause = pause < BetweenLooksAtMost ? pause * 2 : pause;
        }

        return [];
    }

    private static bool Lives(Worker worker) => ProcessFacts.Lives(worker.ProcessId);

    private static IEnumerable<int> Living(List<Worker> workers, string? mark) =>
        workers.Where(Lives).Select(worker => worker.ProcessId).Concat(mark is null ? [] : ProcessFacts.Marked(mark).Select(process => process.Id));

    private static void KillAll(List<Worker> workers, string? mark)
    {
        foreach (var id in Living(workers, mark))
            ProcessFacts.Kill(id);
    }

    private string? Refusal(string code)
    {
        try
        {
            RunRequestCheck.Check(new() { Language = "python", Code = code }, options);
            return null;
        }
        catch (DomainException refusal)
        {
            return refusal.Error.Detail;
        }
    }
}
