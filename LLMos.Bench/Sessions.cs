namespace LLMos.Bench;

/// <summary>Runs in a session over the hub: in one alone, in the same while many others wait, and in one after another of these.</summary>
internal static class Sessions
{
    private const string Program = "x += 1";
    private const double GoalMilliseconds = 2, GoalRatio = 1.5, Megabyte = 1e6;

    // Alone, among the others, alone, …: opening and closing them takes too long for turns of one run.
    private const int Rounds = 4;

    public static async Task<IReadOnlyList<Row>> MeasureAsync(
        Person person, int serverProcess, int sessions, int runs, CancellationToken cancellation)
    {
        await using var hub = await person.ConnectAsync(cancellation);
        await hub.RunInAsync("alone", "x = 0", cancellation);
        for (var run = 0; run < runs; run++)
            await hub.RunInAsync("alone", Program, cancellation);

        var forkserver = ProcessMemory.ChildrenOf(serverProcess).Single();
        var others = ProcessMemory.ChildrenOf(forkserver).ToHashSet();
        var serverBytes = ProcessMemory.PrivateBytes(serverProcess);
        List<double> timesAlone = [], timesAmong = [], timesOfOthers = [], bytes = [], bytesOfServer = [];
        for (var round = 0; round < Rounds; round++)
        {
            timesAlone.AddRange(await TimeAsync(runs / Rounds, _ => "alone"));
            for (var number = 0; number < sessions; number++)
                await hub.RunInAsync(Name(number), "x = 0", cancellation);
            bytes.AddRange(ProcessMemory.ChildrenOf(forkserver).Except(others).Select(worker => ProcessMemory.PrivateBytes(worker) / Megabyte));
            bytesOfServer.Add((ProcessMemory.PrivateBytes(serverProcess) - serverBytes) / Megabyte / sessions);
            timesAmong.AddRange(await TimeAsync(runs / Rounds, _ => "alone"));
            timesOfOthers.AddRange(await TimeAsync(sessions, Name));
            for (var number = 0; number < sessions; number++)
                await person.CloseSessionAsync(Name(number), cancellation);
        }

        var (alone, among) = (new Samples(timesAlone, "ms"), new Samples(timesAmong, "ms"));
        var afterPause = new Samples(timesOfOthers, "ms");
        var (memory, ofServer) = (new Samples(bytes, "MB"), new Samples(bytesOfServer, "MB"));

        return
        [
            new(
                $"a session's run of `{Program}` over the hub, from start to end", $"{alone}, 99 %: {Samples.Number(alone.Quantile(0.99))} ms",
                Peer: null, Ratio: null, $"{GoalMilliseconds} ms median", alone.Median <= GoalMilliseconds),
            Row.AtMost($"the same while {sessions} other sessions wait, against alone", among, alone, GoalRatio),
            // Its memory has left the processor's caches since the session's last run; nothing that a server does would bring it back sooner.
            new(
                $"the first run for a while in one after another of the {sessions}, against alone", $"{afterPause}", $"{alone}",
                afterPause.Median / alone.Median, "(no goal)", IsMet: true),
            new(
                $"private bytes of each of {sessions} idle sessions", $"{memory}, and {Samples.Number(ofServer.Median)} MB of the server",
                Peer: null, Ratio: null, "(no goal)", IsMet: true),
        ];

        async Task<List<double>> TimeAsync(int count, Func<int, string> session)
        {
            List<double> milliseconds = [];
            for (var run = 0; run < count; run++)
                milliseconds.Add(await Interleaved.MillisecondsAsync(() => hub.RunInAsync(session(run), Program, cancellation)));
            return milliseconds;
        }
    }

    private static string Name(int number) => $"session-{number}";
}
