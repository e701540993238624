namespace LLMos.Bench;

/// <param name="WarmUp">Runs before anything is measured, so that the server's code is compiled.</param>
/// <param name="Imports">Of the peer that imports numpy and pyplot.</param>
/// <param name="Windows">Of throughput, each <paramref name="WindowSeconds"/> long.</param>
/// <param name="Prints">Whose way to the client is timed.</param>
/// <param name="SessionRuns">In one session alone, and as many at least among those that wait.</param>
/// <param name="Pools">How often every waiting worker is weighed.</param>
/// <param name="Neighbours">Of an honest person's run, a look at the health and a cancel, beside hostile ones.</param>
/// <param name="WriteRounds">Of <paramref name="Writes"/> files each.</param>
/// <param name="RestWrites">In each of <paramref name="WriteRounds"/> over REST; reads are <paramref name="RestReads"/>.</param>
/// <param name="LargeFiles">Of 100 MiB, up and down.</param>
/// <param name="LookUps">Rounds of looking up and listing.</param>
/// <param name="Overwrites">In all, before the data folder is weighed.</param>
/// <param name="Echoes">Of a board, by each way.</param>
/// <param name="DeviceSeconds">That a board sends, to each number of watchers at each speed, <paramref name="WatcherRounds"/> times.</param>
internal sealed record Repetitions(int WarmUp, int Runs, int Imports, int Windows, double WindowSeconds, int Prints, int Pools, int Floods,
    int SessionRuns, int IdleSessions, int Neighbours, int WriteRounds, int Writes, int RestWrites, int RestReads, int LargeFiles, int LookUps, int Overwrites,
    int Echoes, double DeviceSeconds, int WatcherRounds, double NoiseSeconds, int Flashes)
{
    public static readonly Repetitions Full = new(WarmUp: 200, Runs: 60, Imports: 30, Windows: 6, WindowSeconds: 3, Prints: 300, Pools: 30, Floods: 30,
        SessionRuns: 1000, IdleSessions: 500, Neighbours: 300,
        WriteRounds: 9, Writes: 4000, RestWrites: 2000, RestReads: 8000, LargeFiles: 9, LookUps: 15, Overwrites: 100_000,
        Echoes: 1000, DeviceSeconds: 3, WatcherRounds: 2, NoiseSeconds: 60, Flashes: 3);

    public static readonly Repetitions Quick = new(WarmUp: 20, Runs: 5, Imports: 3, Windows: 1, WindowSeconds: 1, Prints: 30, Pools: 2, Floods: 2,
        SessionRuns: 100, IdleSessions: 20, Neighbours: 10,
        WriteRounds: 2, Writes: 500, RestWrites: 300, RestReads: 500, LargeFiles: 2, LookUps: 3, Overwrites: 4000,
        Echoes: 100, DeviceSeconds: 1, WatcherRounds: 1, NoiseSeconds: 5, Flashes: 1);
}
