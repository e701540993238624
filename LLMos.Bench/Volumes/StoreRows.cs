using System.Diagnostics;
using System.Security.Cryptography;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Volumes;

namespace LLMos.Bench.Volumes;

/// <summary>What the store itself can do, against plain files and against SQLite.</summary>
internal static class StoreRows
{
    private const int Writers = 16, WriteBytes = 1024, Entries = 10_000, Stats = 20_000, Lists = 20;
    private const int OverwrittenFiles = 100, OverwriteBytes = 10 * 1024;

    public static async Task<IReadOnlyList<Row>> MeasureAsync(string folder, Repetitions repetitions, CancellationToken cancellation)
    {
        using var store = new Store(Directory.CreateDirectory(Path.Combine(folder, "store")).FullName);
        using var plain = new PlainFiles(Directory.CreateDirectory(Path.Combine(folder, "plain")).FullName);
        await using var sqlite = new SqliteFiles(Path.Combine(folder, "peer.sqlite"));

        var round = 0;
        Task<double> StoreRate() => RateAsync(repetitions.Writes, (number, content) => store.WriteAsync($"user/written/{round}/{number}", content), () => round++);
        var (files, againstFiles) = await Interleaved.MeasureAsync(
            repetitions.WriteRounds, "writes/s", StoreRate,
            () => RateAsync(repetitions.Writes, (number, content) => Task.Run(() => plain.Write($"{round}-{number}", content)), () => round++), cancellation);
        var (documents, againstSqlite) = await Interleaved.MeasureAsync(
            repetitions.WriteRounds, "writes/s", StoreRate,
            () => RateAsync(repetitions.Writes, (number, content) => sqlite.WriteAsync(round, $"{number}", SHA256.HashData(content), content), () => round++), cancellation);

        List<Row> rows =
        [
            Row.AtLeast($"durable writes of 1 KiB by {Writers} writers, against plain files with fsync", files, againstFiles, 2),
            Row.AtLeast("the same, against SQLite (WAL, synchronous=FULL, one writer that groups)", documents, againstSqlite, 0.4),
        ];
        rows.AddRange(await LookUpAsync(store, sqlite, repetitions, cancellation));
        rows.Add(await GrowthAsync(Path.Combine(folder, "grown"), repetitions.Overwrites));
        return rows;
    }

    /// <summary>Writes a second, by as many at once.</summary>
    private static async Task<double> RateAsync(int writes, Func<int, byte[], Task> write, Action begin)
    {
        begin();
        return await Interleaved.PerSecondAsync(Writers, writes, number => write(number, RandomNumberGenerator.GetBytes(WriteBytes)));
    }

    private static async Task<IReadOnlyList<Row>> LookUpAsync(Store store, SqliteFiles sqlite, Repetitions repetitions, CancellationToken cancellation)
    {
        const long Folder = 1_000_000;
        var names = Enumerable.Range(0, Entries).Select(number => $"entry-{number:00000}.txt").ToArray();
        byte[] content = [1];
        // As many at the same time as one person may write.
        foreach (var some in names.Chunk(200))
            await Task.WhenAll(some.Select(name => store.WriteAsync($"user/listed/{name}", content)));
        await Task.WhenAll(names.Select(name => sqlite.WriteAsync(Folder, name, content, content)));
        var paths = names.Select(name => VolumePath.Parse($"user/listed/{name}")).ToArray();

        using var connection = sqlite.Open();
        using var byName = SqliteFiles.Prepare(connection, "SELECT id, version, length, hash, modified, author FROM nodes WHERE parent = $1 AND name = $2", 2);
        using var byFolder = SqliteFiles.Prepare(connection, "SELECT id, name, version, length, hash, modified, author FROM nodes WHERE parent = $1 ORDER BY name", 1);
        var folder = VolumePath.Parse("user/listed");

        var (stats, againstStats) = await Interleaved.MeasureAsync(
            repetitions.LookUps, "per s",
            () => PerSecond(Stats, number => store.Stat(paths[number % Entries])),
            () => PerSecond(Stats, number =>
            {
                (byName.Parameters[0].Value, byName.Parameters[1].Value) = (Folder, names[number % Entries]);
                using var row = byName.ExecuteReader();
                row.Read();
                return row.GetInt64(2);
            }),
            cancellation);
        var (lists, againstLists) = await Interleaved.MeasureAsync(
            repetitions.LookUps, "per s",
            () => PerSecond(Lists, _ =>
            {
                var sum = 0;
                foreach (var entry in store.List(folder).Entries.AsSpan())
                    sum += entry.Name.Length + (int)entry.Totals.Bytes;
                return sum;
            }),
            () => PerSecond(Lists, _ =>
            {
                byFolder.Parameters[0].Value = Folder;
                using var row = byFolder.ExecuteReader();
                var sum = 0;
                while (row.Read())
                    sum += row.GetString(1).Length + (int)row.GetInt64(3);
                return sum;
            }),
            cancellation);
        return
        [
            Row.AtLeast("looking up a file among 10,000, against SQLite", stats, againstStats, 5),
            Row.AtLeast("listing 10,000 files, against SQLite", lists, againstLists, 50),
        ];
    }

    private static Task<double> PerSecond<T>(int times, Func<int, T> look)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var number = 0; number < times; number++)
            look(number);
        return Task.FromResult(times / Stopwatch.GetElapsedTime(begun).TotalSeconds);
    }

    /// <summary>What the folder has after many overwrites, against the bytes of all versions that are kept.</summary>
    private static async Task<Row> GrowthAsync(string folder, int overwrites)
    {
        const double Goal = 2;
        double live;
        using (var store = new Store(Directory.CreateDirectory(folder).FullName))
        {
            await Interleaved.PerSecondAsync(Writers, overwrites, number => store.WriteAsync($"user/{number % OverwrittenFiles}", RandomNumberGenerator.GetBytes(OverwriteBytes)));
            live = store.Tree.Root.Totals.Bytes + store.Tree.KeptBytes;
        }

        // The reserve has one size, whatever is kept.
        var size = (double)new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Name != DiskReserve.FileName).Sum(file => file.Length);
        return new(
            $"the data folder after {overwrites:N0} overwrites of {OverwrittenFiles} files of 10 KiB, against all kept versions", $"{Samples.Number(size / 1e6)} MB",
            $"{Samples.Number(live / 1e6)} MB", size / live, $"{Goal} or less", size / live <= Goal);
    }
}
