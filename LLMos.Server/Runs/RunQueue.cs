namespace LLMos.Server.Runs;

/// <summary>Which waiting run is next: turns between people, first come first served within one. Not safe for concurrent use.</summary>
/// <remarks>
/// A person has at most one Python run at a time, so their others wait although a slot is free. People whose runs are mostly long
/// leave some slots to the others, or two programs of 30 s would have everybody wait for them.
/// </remarks>
/// <param name="slots">Runs that are taken at the same time.</param>
/// <param name="quickSlots">How many of them such people leave. Who has run nothing yet leaves half as many, rounded down.</param>
internal sealed class RunQueue(int slots, int quickSlots)
{
    // What a person types is answered by then, mostly.
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    // How many runs of people with such a habit or a worse one there may be at the same time.
    private readonly int[] _room = [slots - quickSlots, slots - (quickSlots / 2), slots];

    // People in the order of their turns; each with what they wait for.
    private readonly LinkedList<(string OwnerId, LinkedList<LiveRun> Runs)> _turns = new();
    private readonly Dictionary<string, Habit> _running = new(StringComparer.Ordinal);

    // How long a person's runs take, later ones counting for more. People are few enough to keep all.
    private readonly Dictionary<string, TimeSpan> _usual = new(StringComparer.Ordinal);

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

    /// <summary>Takes the next run whose owner has none running and may have a slot; null when there is none. That person's next turn is after all others'.</summary>
    public LiveRun? TakeNext()
    {
        for (var turn = _turns.First; turn is not null; turn = turn.Next)
        {
            var (owner, runs) = turn.Value;
            var habit = HabitOf(owner);
            if (_running.ContainsKey(owner) || !HasRoom(habit))
                continue;

            _running[owner] = habit;
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

    /// <summary>The run that was taken has ended, after <paramref name="took"/> in its slot.</summary>
    /// <param name="wasCutShort">It would have taken longer, nobody knows how much: so it makes no habit shorter.</param>
    public void Release(LiveRun run, TimeSpan took, bool wasCutShort = false)
    {
        var owner = run.Run.Owner.AccountId;
        _running.Remove(owner);
        if (!wasCutShort || took > _usual.GetValueOrDefault(owner, Short))
            _usual[owner] = (_usual.GetValueOrDefault(owner, took) + took) / 2;
    }

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

    private bool HasRoom(Habit habit)
    {
        for (var worse = habit; worse <= Habit.Short; worse++)
        {
            if (_running.Values.Count(other => other <= worse) >= _room[(int)worse])
                return false;
        }

        return true;
    }

    private Habit HabitOf(string owner) =>
        !_usual.TryGetValue(owner, out var usual) ? Habit.Unknown : usual <= Short ? Habit.Short : Habit.Long;

    // From the worst to the best.
    private enum Habit { Long, Unknown, Short }
}
