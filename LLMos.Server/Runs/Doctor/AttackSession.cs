using System.Collections.Concurrent;
using LLMos.Server.Accounts;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs.Doctor;

/// <summary>A sandbox of its own beside that of a running server: the same interpreter, the same limits, volumes of its own.</summary>
internal sealed class AttackSession : IDisposable
{
    // Most of the time an attack waits for the clock that ends it.
    private const int Lanes = 4;

    private const UnixFileMode ForAllToEnter = (UnixFileMode)0b111_101_101;

    private readonly RunOptions _options;
    private readonly TimeProvider _time;
    private readonly DecoySecrets _secrets;
    private readonly string _temporary;
    private readonly string? _data;
    private readonly string _cache;

    private AttackSession(RunOptions options, string data, DecoySecrets secrets, TimeProvider time)
    {
        (_options, _secrets, _time) = (options, secrets, time);
        _temporary = Directory.CreateTempSubdirectory("llmos-doctor-").FullName;
        // What keeps a program out of the decoys must not be the folder above them.
        File.SetUnixFileMode(_temporary, ForAllToEnter);
        _data = IsWritable(data) ? data : null;
        _cache = Directory.CreateDirectory(Path.Combine(_temporary, "cache")).FullName;
        // Where the server's secrets lie too; nobody hands them on to the interpreter, or so we shall see.
        Environment.SetEnvironmentVariable(DecoySecrets.Variable, secrets.InEnvironment);
    }

    public Forkserver Forkserver { get; private set; } = null!;

    /// <param name="data">The server's data folder; it need not be there.</param>
    /// <exception cref="IOException">The interpreter cannot be started.</exception>
    public static async Task<AttackSession> StartAsync(
        RunOptions options, string data, DecoySecrets secrets, TimeProvider time, CancellationToken cancellation)
    {
        var session = new AttackSession(options, Path.GetFullPath(data), secrets, time);
        try
        {
            session.Forkserver = await Forkserver.StartAsync(options.Python, session._cache, cancellation);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>What each layer achieves, as the server finds it at its start.</summary>
    public Task<IsolationAnswer> ProbeAsync() => Task.Factory.StartNew(
        () =>
        {
            var policy = SandboxPolicy.For(PythonSandbox.RunLimitsOf(_options), _options);
            return IsolationProbe.Probe(Forkserver, policy, _options, _cache, _time);
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Runs those attacks that <paramref name="wanted"/> takes, in the order of their files.</summary>
    /// <param name="limits">What holds for an attack; null: what its file says.</param>
    /// <param name="person">Whose programs the attacks are; null: a stranger's.</param>
    /// <param name="programs">Their texts, if there are others to attack with them.</param>
    public async Task<IReadOnlyList<AttackOutcome>> AttackAsync(Func<Attack, bool> wanted, Func<Attack, RunLimits>? limits = null, Caller? person = null, AttackPrograms? programs = null)
    {
        await using var anotherRun = await AnotherRun.StartAsync(
            Forkserver, _options, Path.Combine(_temporary, "another.log"), _secrets, _time);
        using var volumes = new DecoyVolumes(Path.Combine(_temporary, "volumes"), _secrets, _time);
        var runner = new AttackRunner(
            Forkserver, programs ?? new(), _options, _secrets, anotherRun, volumes, _temporary, limits ?? (attack => attack.Limits), _time, person ?? DecoyVolumes.Attacker);
        var attacks = (await runner.ListAsync()).Where(wanted).ToList();

        var hasEntryOf32Bits = EntryOf32Bits.Exists(_options.Python);
        var decoys = new ConcurrentBag<Decoys>(Enumerable.Range(0, Lanes).Select(_ => new Decoys(_temporary, _data, _secrets, hasEntryOf32Bits)));
        var outcomes = new AttackOutcome[attacks.Count];
        // Those that take longest first, so that the last lane does not wait for one of them alone.
        var order = Enumerable.Range(0, attacks.Count).OrderBy(index => attacks[index].Ends.Contains("timed-out") ? 0 : 1);
        await Parallel.ForEachAsync(order, new ParallelOptions { MaxDegreeOfParallelism = Lanes }, async (index, _) =>
        {
            decoys.TryTake(out var mine);
            outcomes[index] = await runner.TryAsync(attacks[index], mine!);
            decoys.Add(mine!);
        });
        foreach (var set in decoys)
            set.Dispose();
        GC.KeepAlive(_secrets.InMemory);
        return outcomes;
    }

    public void Dispose()
    {
        Forkserver?.Dispose();
        Environment.SetEnvironmentVariable(DecoySecrets.Variable, null);
        Directory.Delete(_temporary, recursive: true);
    }

    private static bool IsWritable(string folder)
    {
        try
        {
            var probe = Path.Combine(folder, $"llmos-doctor-{Ulid.NewUlid()}");
            Directory.GetDirectories(folder);
            Directory.CreateDirectory(probe);
            Directory.Delete(probe);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
