using System.Diagnostics;

namespace LLMos.Bench;

/// <summary>What an honest person notices of twenty others who flood, fork and fill memory for as long as they are let.</summary>
internal static class Neighbours
{
    public const int People = 20;

    private const double GoalRatio = 2, GoalMilliseconds = 200, GoalMegabytes = 32, Megabyte = 1e6;

    private const string Honest = "print(sum(range(300_000)))", Endless = "print(1)\nwhile True: pass";

    private static readonly string[] Hostile =
    [
        "while True: print('x' * 999)",
        "import llmos\nwhile True: llmos.display('x' * 999)",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "kept = []\nwhile True:\n    try: kept.append(bytearray(1 << 20))\n    except MemoryError: kept.clear()",
    ];

    private static readonly TimeSpan LeadIn = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromSeconds(20);

    /// <param name="hostile"><see cref="People"/> who have run nothing so far.</param>
    public static async Task<IReadOnlyList<Row>> MeasureAsync(
        Person honest, IReadOnlyList<Person> hostile, int serverProcess, int repetitions, CancellationToken cancellation)
    {
        // Once for nothing, so that the memory before is that of a server which has seen such runs.
        await BesideAsync(hostile, () => Task.Delay(LeadIn, cancellation), cancellation);
        var before = ProcessMemory.ResidentBytes(serverProcess);

        var alone = await RunsAsync(honest, repetitions, cancellation);
        List<double> beside = [], health = [], cancels = [];
        await BesideAsync(
            hostile,
            async () =>
            {
                await Task.Delay(LeadIn, cancellation);
                for (var repetition = 0; repetition < repetitions; repetition++)
                {
                    beside.AddRange(await RunsAsync(honest, 1, cancellation));
                    health.Add(await Interleaved.MillisecondsAsync(() => honest.AskHealthAsync(cancellation)));
                    var run = await honest.StartAsync(Endless, cancellation);
                    cancels.Add(await Interleaved.MillisecondsAsync(() => honest.CancelAsync(run.Id, cancellation)));
                }
            },
            cancellation);

        var memory = await SettledMegabytesAsync(serverProcess, before, cancellation);
        return
        [
            Row.AtMost($"an honest person's run of 8 ms while {People} others flood, fork and fill memory, against alone", new(beside, "ms"), new(alone, "ms"), GoalRatio),
            AtMost("`/health` meanwhile, 99 %", new(health, "ms")),
            AtMost("a cancel meanwhile, 99 %", new(cancels, "ms")),
            new("the server's memory afterwards, above that before", $"{Samples.Number(memory)} MB", Peer: null, Ratio: null, $"{GoalMegabytes} MB or less", memory <= GoalMegabytes),
        ];
    }

    private static Row AtMost(string what, Samples measured)
    {
        var most = measured.Quantile(0.99);
        return new(what, $"{Samples.Number(most)} ms (median {Samples.Number(measured.Median)})", Peer: null, Ratio: null, $"{GoalMilliseconds} ms or less", most <= GoalMilliseconds);
    }

    private static async Task<List<double>> RunsAsync(Person honest, int count, CancellationToken cancellation)
    {
        List<double> milliseconds = [];
        for (var run = 0; run < count; run++)
            milliseconds.Add(await Interleaved.MillisecondsAsync(() => honest.RunAsync(Honest, cancellation)));
        return milliseconds;
    }

    /// <summary>Does <paramref name="work"/> while each of the others has a hostile run in flight, one after another.</summary>
    private static async Task BesideAsync(IReadOnlyList<Person> hostile, Func<Task> work, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var runs = hostile.Select((person, number) => RepeatAsync(person, Hostile[number % Hostile.Length])).ToList();
        try
        {
            await work();
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(runs);
        }

        async Task RepeatAsync(Person person, string code)
        {
            while (!over.IsCancellationRequested)
                await person.TryAsync(code, over.Token);
            await person.CancelAllAsync(cancellation);
        }
    }

    private static async Task<double> SettledMegabytesAsync(int serverProcess, long before, CancellationToken cancellation)
    {
        // The collector gives back what it does not need within some seconds of quiet.
        var begun = Stopwatch.GetTimestamp();
        double above;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation);
            above = (ProcessMemory.ResidentBytes(serverProcess) - before) / Megabyte;
        }
        while (above > GoalMegabytes && Stopwatch.GetElapsedTime(begun) < Patience);
        return above;
    }
}
