using System.Security.Cryptography;
using LLMos.Server.Volumes;

namespace LLMos.Bench.Volumes;

/// <summary>What the volumes do for who asks over REST, against the simplest server and against <c>cp</c>.</summary>
internal static class RestRows
{
    private const int Clients = 16, SmallBytes = 1024, LargeBytes = 100 * 1024 * 1024, Entries = 10_000;
    private const double MostListMilliseconds = 50, MostRenameMilliseconds = 20, MostExtraMegabytes = 64;

    public static async Task<IReadOnlyList<Row>> MeasureAsync(BenchServer server, string folder, Repetitions repetitions, CancellationToken cancellation)
    {
        var person = (await server.AddPeopleAsync(1, cancellation))[0];
        using var ours = person.Files();
        await using var plain = await PlainProcess.StartAsync(Directory.CreateDirectory(Path.Combine(folder, "plain")).FullName, cancellation);

        List<Row> rows = [await WritesAsync(ours, plain.Client, repetitions, cancellation), await ReadsAsync(ours, plain.Client, repetitions, cancellation)];
        rows.AddRange(await LargeAsync(ours, server, folder, repetitions.LargeFiles, cancellation));
        rows.AddRange(await FoldersAsync(ours, repetitions.LookUps, cancellation));
        return rows;
    }

    private static async Task<Row> WritesAsync(RestClient ours, RestClient plain, Repetitions repetitions, CancellationToken cancellation)
    {
        var round = 0;
        async Task<double> RateAsync(RestClient client, string prefix)
        {
            round++;
            return await Interleaved.PerSecondAsync(Clients, repetitions.RestWrites, number => client.PutAsync($"{prefix}{round}-{number}", new ByteArrayContent(RandomNumberGenerator.GetBytes(SmallBytes)), cancellation));
        }

        var (measured, peer) = await Interleaved.MeasureAsync(
            repetitions.WriteRounds, "writes/s", () => RateAsync(ours, "user/files/written/"), () => RateAsync(plain, "files/"), cancellation);
        return Row.AtLeast($"durable writes of 1 KiB over REST by {Clients} clients, against plain files with fsync behind the simplest handler", measured, peer, 1);
    }

    private static async Task<Row> ReadsAsync(RestClient ours, RestClient plain, Repetitions repetitions, CancellationToken cancellation)
    {
        const int Files = 100;
        for (var number = 0; number < Files; number++)
        {
            var content = RandomNumberGenerator.GetBytes(SmallBytes);
            await ours.PutAsync($"user/files/read/{number}.bin", new ByteArrayContent(content), cancellation);
            await plain.PutAsync($"files/{number}.bin", new ByteArrayContent(content), cancellation);
        }

        Task<double> RateAsync(RestClient client, string prefix) => Interleaved.PerSecondAsync(Clients, repetitions.RestReads, async number =>
        {
            if ((await client.GetAsync($"{prefix}{number % Files}.bin", cancellation)).Length != SmallBytes)
                throw new BenchException("A file came back with another length.");
        });

        var (measured, peer) = await Interleaved.MeasureAsync(
            repetitions.WriteRounds, "reads/s", () => RateAsync(ours, "user/files/read/"), () => RateAsync(plain, "static/"), cancellation);
        return Row.AtLeast($"reads of 1 KiB over REST by {Clients} clients, against static files", measured, peer, 0.5);
    }

    private static async Task<IReadOnlyList<Row>> LargeAsync(RestClient ours, BenchServer server, string folder, int repetitions, CancellationToken cancellation)
    {
        var (source, target) = (Path.Combine(folder, "source"), Path.Combine(folder, "target"));
        var content = RandomNumberGenerator.GetBytes(LargeBytes);
        var extra = 0L;

        async Task<double> MeasureAsync(Func<Task> work)
        {
            var before = ProcessMemory.ResidentBytes(server.ProcessId);
            ProcessMemory.ForgetPeak(server.ProcessId);
            var milliseconds = await Interleaved.MillisecondsAsync(work);
            extra = Math.Max(extra, ProcessMemory.PeakResidentBytes(server.ProcessId) - before);
            return Megabytes(milliseconds);
        }

        async Task<double> CopyAsync()
        {
            File.Delete(target);
            return Megabytes(await server.Peers.TimeAsync("sh", "-c", $"cp '{source}' '{target}' && sync '{target}'"));
        }

        await File.WriteAllBytesAsync(source, content, cancellation);
        var (up, againstUp) = await Interleaved.MeasureAsync(repetitions, "MB/s", () =>
        {
            // Another content each time: one that is there already is not written again.
            RandomNumberGenerator.Fill(content.AsSpan(0, SmallBytes));
            return MeasureAsync(() => ours.PutAsync("user/files/large.bin", new ByteArrayContent(content), cancellation));
        }, CopyAsync, cancellation);
        var (down, againstDown) = await Interleaved.MeasureAsync(
            repetitions, "MB/s", () => MeasureAsync(() => ours.DownloadAsync("user/files/large.bin", target, cancellation)), CopyAsync, cancellation);
        var megabytes = extra / 1048576.0;
        return
        [
            Row.AtLeast("a file of 100 MiB uploaded, against cp with fsync", up, againstUp, 0.4),
            Row.AtLeast("a file of 100 MiB downloaded to a synced file, against cp with fsync", down, againstDown, 0.4),
            new("memory that the server takes more for it, at most", $"{Samples.Number(megabytes)} MiB", null, null, $"{MostExtraMegabytes} MiB", megabytes <= MostExtraMegabytes),
        ];
    }

    private static async Task<IReadOnlyList<Row>> FoldersAsync(RestClient ours, int repetitions, CancellationToken cancellation)
    {
        await Interleaved.PerSecondAsync(Clients, Entries, number => ours.PutAsync($"user/files/many/{number:00000}.txt", new ByteArrayContent([1]), cancellation));
        var lists = await TimesAsync(repetitions, _ => ours.GetAsync($"user/folders/many?limit={Entries}", cancellation));
        var renames = await TimesAsync(repetitions, number =>
        {
            var (from, to) = number % 2 == 0 ? ("user/many", "user/renamed") : ("user/renamed", "user/many");
            return ours.PostAsync("move", new MoveRequest(from, to), cancellation);
        });
        return
        [
            new($"listing a folder of {Entries:N0} over REST", lists.ToString(), null, null, $"{MostListMilliseconds} ms", lists.Median <= MostListMilliseconds),
            new($"renaming it with its {Entries:N0} files", renames.ToString(), null, null, $"{MostRenameMilliseconds} ms", renames.Median <= MostRenameMilliseconds),
        ];
    }

    private static async Task<Samples> TimesAsync(int repetitions, Func<int, Task> work)
    {
        List<double> times = [];
        for (var number = 0; number < 2 * (repetitions + 1); number++)
            times.Add(await Interleaved.MillisecondsAsync(() => work(number)));
        return new(times.Skip(2), "ms");
    }

    private static double Megabytes(double milliseconds) => LargeBytes / 1e3 / milliseconds;
}
