namespace LLMos.Bench;

/// <summary>Private bytes of the workers that wait for their run.</summary>
internal static class WorkerMemory
{
    private const double Megabyte = 1e6, GoalMegabytes = 3;

    // As many as wait by default, so that each weighing meets workers that have not been weighed before.
    private const int RunsBetween = 4;

    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(50), Patience = TimeSpan.FromSeconds(10);

    public static async Task<Row> MeasureAsync(Person person, int serverProcess, int pools, CancellationToken cancellation)
    {
        var forkserver = ProcessMemory.ChildrenOf(serverProcess).Single();
        List<double> megabytes = [];
        for (var pool = 0; pool < pools; pool++)
        {
            for (var run = 0; run < RunsBetween; run++)
                await person.RunAsync("print(1)", cancellation);
            megabytes.AddRange((await SettledAsync(forkserver, cancellation)).Select(bytes => bytes / Megabyte));
        }

        var memory = new Samples(megabytes, "MB");
        return new(
            "private bytes of an idle waiting worker", memory.ToString(), Peer: null, Ratio: null,
            $"{GoalMegabytes} MB or less", memory.Median <= GoalMegabytes);
    }

    /// <summary>Weighs the workers until they are the same ones with the same weights: those that ended are gone, those that were forked are ready.</summary>
    private static async Task<IEnumerable<long>> SettledAsync(int forkserver, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        List<(int Worker, long Bytes)> before = [];
        while (true)
        {
            await Task.Delay(Settling, patience.Token);
            var now = Weigh(forkserver);
            if (now.Count > 0 && now.SequenceEqual(before))
                return now.Select(weighed => weighed.Bytes);
            before = now;
        }
    }

    private static List<(int Worker, long Bytes)> Weigh(int forkserver)
    {
        try
        {
            return [.. ProcessMemory.ChildrenOf(forkserver).Order().Select(worker => (worker, ProcessMemory.PrivateBytes(worker)))];
        }
        catch (IOException)
        {
            // One ended meanwhile.
            return [];
        }
    }
}
