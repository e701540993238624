using LLMos.Bench.Devices;
using LLMos.Bench.Volumes;

namespace LLMos.Bench;

/// <summary>Measures every row against one server.</summary>
internal static class Benchmark
{
    // Those of the throughput row, and others: a server knows who mostly has short runs, as the hostile never had.
    private const int People = Throughput.Clients + Neighbours.People;

    /// <summary>Runs of all kinds for <paramref name="duration"/>, against one server.</summary>
    public static async Task<IReadOnlyList<Row>> SoakAsync(string serverDll, TimeSpan duration, TextWriter progress, CancellationToken cancellation)
    {
        await using var server = await BenchServer.StartAsync(serverDll, cancellation);
        var people = await server.AddPeopleAsync(Soak.People, cancellation);
        return await Soak.MeasureAsync(people, server.ProcessId, duration, progress, cancellation);
    }

    public static async Task<IReadOnlyList<Row>> MeasureAsync(
        string serverDll, Repetitions repetitions, TextWriter progress, CancellationToken cancellation)
    {
        await progress.WriteLineAsync("Starting the server …");
        await using var server = await BenchServer.StartAsync(serverDll, cancellation);
        var people = await server.AddPeopleAsync(People, cancellation);
        var person = people[0];

        await progress.WriteLineAsync($"{repetitions.WarmUp} runs to warm up …");
        for (var run = 0; run < repetitions.WarmUp; run++)
            await person.RunAsync("print(1)", cancellation);

        // The flood comes before the crowd: what eight clients make the server's heap grow would hide what the flood does.
        List<Row> rows =
        [
            await Say("A fresh run …", FreshRun.AgainstPythonAsync(person, server.Peers, repetitions.Runs, cancellation)),
            await Say("A fresh run, against imports …", FreshRun.AgainstImportsAsync(person, server.Peers, repetitions.Imports, cancellation)),
            await Say("Print to client …", Latency.MeasureAsync(person, repetitions.Prints, cancellation)),
            await Say("Memory of waiting workers …", WorkerMemory.MeasureAsync(person, server.ProcessId, repetitions.Pools, cancellation)),
        ];
        await progress.WriteLineAsync("50 MB of prints …");
        rows.AddRange(await Flood.MeasureAsync(person, server.ProcessId, server.Peers, repetitions.Floods, cancellation));
        await progress.WriteLineAsync("Sessions …");
        rows.AddRange(await MeasureSessionsAsync(serverDll, repetitions, cancellation));
        rows.Insert(2, await Say("Runs per second …", Throughput.MeasureAsync(people, server.Peers, repetitions, cancellation)));
        // Last, because twenty at once leave the server's heap as large as they need it.
        await progress.WriteLineAsync("Hostile neighbours …");
        rows.AddRange(await Neighbours.MeasureAsync(person, [.. people.Skip(Throughput.Clients)], server.ProcessId, repetitions.Neighbours, cancellation));
        rows.AddRange(await MeasureFilesAsync(serverDll, repetitions, progress, cancellation));
        rows.AddRange(await MeasureDevicesAsync(serverDll, repetitions, progress, cancellation));
        return rows;

        async Task<Row> Say(string what, Task<Row> measuring)
        {
            await progress.WriteLineAsync(what);
            return await measuring;
        }
    }

    /// <summary>The rows of the volumes.</summary>
    public static async Task<IReadOnlyList<Row>> MeasureFilesAsync(string serverDll, Repetitions repetitions, TextWriter progress, CancellationToken cancellation)
    {
        await progress.WriteLineAsync("The volumes' store …");
        var folder = Directory.CreateTempSubdirectory("llmos-bench-");
        try
        {
            var store = await StoreRows.MeasureAsync(folder.FullName, repetitions, cancellation);
            await progress.WriteLineAsync("The volumes over REST …");
            await using var server = await BenchServer.StartAsync(serverDll, cancellation);
            var rest = await RestRows.MeasureAsync(server, folder.FullName, repetitions, cancellation);
            await progress.WriteLineAsync("The volumes in programs …");
            return [.. store, .. rest, await CsvRow.MeasureAsync(serverDll, folder.FullName, repetitions.LargeFiles, cancellation)];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The rows of the devices.</summary>
    public static async Task<IReadOnlyList<Row>> MeasureDevicesAsync(string serverDll, Repetitions repetitions, TextWriter progress, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("llmos-bench-");
        try
        {
            return await DeviceRows.MeasureAsync(serverDll, folder.FullName, repetitions, progress, cancellation);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // More sessions than a server has by default, so on one of their own.
    private static async Task<IReadOnlyList<Row>> MeasureSessionsAsync(string serverDll, Repetitions repetitions, CancellationToken cancellation)
    {
        var most = repetitions.IdleSessions + 1;
        await using var server = await BenchServer.StartAsync(
            serverDll, cancellation, "--Runs:MaxSessions", $"{most}", "--Runs:MaxSessionsPerUser", $"{most}");
        var people = await server.AddPeopleAsync(1, cancellation);
        return await Sessions.MeasureAsync(people[0], server.ProcessId, repetitions.IdleSessions, repetitions.SessionRuns, cancellation);
    }
}
