namespace LLMos.Server.Runs;

/// <summary>Which waiting run is next: turns between people, first come first served within one. Not safe for concurrent use.</summary>
/// <remarks>A person has at most one Python run at a time, so their others wait although a slot is free.</remarks>
internal sealed class RunQueue
{
    // People in the order of their turns; each with what they wait for.
    private readonly LinkedList<(string OwnerId, LinkedList<LiveRun> Runs)> _turns = new();
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    public int CountOf(string ownerId) => _turns.FirstOrDefault(turn => turn.OwnerId == ownerId).Runs?.Count ?? 0;

    public void Add(LiveRun run)
    {
        var owner = run.Run.Owner.AccountId;
        var turn = _turns.FirstOrDefault(turn => turn.OwnerId == owner);
        if (turn.Runs is null)
            _turns.AddLast(turn = (owner, new()));
        turn.Runs.AddLast(run);
        Count++;
    }

    /// <summary>Takes the next run whose owner has none running; null when there is none. That person's next turn is after all others'.</summary>
    public LiveRun? TakeNext()
    {
        for (var turn = _turns.First; turn is not null; turn = turn.Next)
        {
            var (owner, runs) = turn.Value;
            if (!_running.Add(owner))
                continue;

            var next = runs.First!.Value;
            runs.RemoveFirst();
            _turns.Remove(turn);
            if (runs.Count > 0)
                _turns.AddLast(turn);
            Count--;
            return next;
        }

        return null;
    }

    /// <summary>The run that was taken has ended.</summary>
    public void Release(LiveRun run) => _running.Remove(run.Run.Owner.AccountId);

    /// <returns>False when it does not wait here any more.</returns>
    public bool Remove(LiveRun run)
    {
        for (var turn = _turns.First; turn is not null; turn = turn.Next)
        {
            if (!turn.Value.Runs.Remove(run))
                continue;
            if (turn.Value.Runs.Count == 0)
                _turns.Remove(turn);
            Count--;
            return true;
        }

        return false;
    }

    /// <summary>The waiting runs in the order in which their turns come.</summary>
    public IEnumerable<LiveRun> InOrder()
    {
        var lists = _turns.Select(turn => turn.Runs.First).ToList();
        while (lists.Count > 0)
        {
            foreach (var node in lists)
                yield return node!.Value;
            lists = [.. lists.Select(node => node!.Next).Where(node => node is not null)];
        }
    }
}
