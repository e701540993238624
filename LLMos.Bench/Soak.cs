using System.Diagnostics;

namespace LLMos.Bench;

/// <summary>Mixed runs for as long as is asked: what the last tenth differs in from the first but one, which nothing has to be warmed for any more.</summary>
internal static class Soak
{
    public const int People = 4;

    private const int Parts = 10;
    private const double GoalLatency = 1.2, GoalMegabytes = 32, GoalDescriptors = 10, Megabyte = 1e6;

    private static readonly Func<Person, CancellationToken, Task>[] Mixture =
    [
        (person, cancellation) => person.RunAsync("print('hello')", cancellation),
        (person, cancellation) => person.RunAsync("for number in range(20_000): print(number)", cancellation),
        (person, cancellation) => person.RunAsync("import matplotlib.pyplot as plt\nplt.plot([1, 2])", cancellation),
        (person, cancellation) => person.RunAsync("import pandas as pd\npd.DataFrame({'a': range(30)})", cancellation),
        (person, cancellation) => person.RunAsync(Person.Python("kept = [*globals().get('kept', []), 1][-100:]\nlen(kept)") with { Session = "soak" }, cancellation),
        (person, cancellation) => person.TryAsync("raise ValueError('odd')", cancellation),
        (person, cancellation) => person.TryAsync("bytearray(10 ** 9)", cancellation),
        (person, cancellation) => person.TryAsync("import os\nos.kill(os.getpid(), 11)", cancellation),
        async (person, cancellation) => await person.CancelAsync((await person.StartAsync("while True: print('x')", cancellation)).Id, cancellation),
    ];

    public static async Task<IReadOnlyList<Row>> MeasureAsync(
        IReadOnlyList<Person> people, int serverProcess, TimeSpan duration, TextWriter progress, CancellationToken cancellation)
    {
        var forkserver = ProcessMemory.ChildrenOf(serverProcess).Single();
        List<Part> parts = [];
        for (var number = 1; number <= Parts; number++)
        {
            var latencies = await Task.WhenAll(people.Take(People).Select(person => RunForAsync(person, duration / Parts, cancellation)));
            // What a run leaves goes just after its answer.
            await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            var part = new Part(
                new(latencies.SelectMany(values => values), "ms"), ProcessMemory.ResidentBytes(serverProcess) / Megabyte, ProcessMemory.ResidentBytes(forkserver) / Megabyte,
                Directory.EnumerateFileSystemEntries($"/proc/{serverProcess}/fd").Count(), Directory.EnumerateDirectories($"/proc/{serverProcess}/task").Count());
            parts.Add(part);
            await progress.WriteLineAsync($"{number}/{Parts}: {part}");
        }

        var (first, last) = (parts[1], parts[^1]);
        return
        [
            Row.AtMost($"the mixture's first of {Mixture.Length} runs in the last tenth of {duration.TotalMinutes:0.#} minutes, against the second tenth", last.Latency, first.Latency, GoalLatency),
            Drift("the server's memory, from the second tenth to the last", "MB", first.ServerMegabytes, last.ServerMegabytes, GoalMegabytes),
            Drift("the forkserver's memory", "MB", first.ForkserverMegabytes, last.ForkserverMegabytes, GoalMegabytes),
            Drift("the server's descriptors", "", first.Descriptors, last.Descriptors, GoalDescriptors),
            Drift("the server's threads", "", first.Threads, last.Threads, GoalDescriptors),
        ];
    }

    /// <summary>Milliseconds of each run of the mixture's first program.</summary>
    private static async Task<List<double>> RunForAsync(Person person, TimeSpan duration, CancellationToken cancellation)
    {
        var begun = Stopwatch.GetTimestamp();
        List<double> milliseconds = [];
        while (Stopwatch.GetElapsedTime(begun) < duration || milliseconds.Count == 0)
        {
            milliseconds.Add(await Interleaved.MillisecondsAsync(() => Mixture[0](person, cancellation)));
            foreach (var run in Mixture.Skip(1))
                await run(person, cancellation);
        }

        return milliseconds;
    }

    private static Row Drift(string what, string unit, double first, double last, double goal) => new(
        what, $"{Samples.Number(last)} {unit}".TrimEnd(), $"{Samples.Number(first)} {unit}".TrimEnd(), Ratio: null,
        $"at most {goal} {unit}".TrimEnd() + " more", last - first <= goal);

    private sealed record Part(Samples Latency, double ServerMegabytes, double ForkserverMegabytes, int Descriptors, int Threads);
}
