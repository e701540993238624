using LLMos.Server.Accounts;
using LLMos.Server.Runs;

namespace LLMos.Tests.Runs;

public sealed class RunQueueTests
{
    [Fact]
    public void People_take_turns_and_each_ones_runs_keep_their_order()
    {
        var queue = Filled("a1", "a2", "a3", "b1", "c1", "b2");

        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3"], queue.InOrder().Select(Name));
        Assert.Equal(["a1", "b1", "c1", "a2", "b2", "a3"], TakeAll(queue));
    }

    [Fact]
    public void A_person_who_has_a_run_waits_although_there_is_room()
    {
        var queue = Filled("a1", "a2", "b1");

        var first = queue.TakeNext()!;
        var second = queue.TakeNext()!;

        Assert.Equal(("a1", "b1"), (Name(first), Name(second)));
        Assert.Null(queue.TakeNext());
        queue.Release(first, TimeSpan.Zero);
        Assert.Equal("a2", Name(queue.TakeNext()!));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void What_is_removed_is_not_taken()
    {
        var queue = Filled("a1", "a2", "b1");
        var gone = queue.InOrder().Single(run => Name(run) == "a1");

        Assert.True(queue.Remove(gone));
        Assert.False(queue.Remove(gone));

        Assert.Equal((2, 1), (queue.Count, queue.CountOf("a")));
        Assert.Equal(["a2", "b1"], TakeAll(queue));
    }

    [Fact]
    public void People_whose_runs_are_long_leave_slots_to_those_whose_runs_are_short_and_one_to_whoever_comes_new()
    {
        var queue = new RunQueue(slots: 4, quickSlots: 2);
        foreach (var (people, took) in new[] { ("abc", 30), ("xyz", 0) })
        {
            Fill(queue, [.. people.Select(person => $"{person}0")]);
            while (queue.TakeNext() is { } run)
                queue.Release(run, TimeSpan.FromSeconds(took));
        }

        Fill(queue, "a1", "b1", "c1", "m1", "n1", "x1", "y1");

        Assert.Equal(["a1", "b1", "m1", "x1"], TakeWhatMayRun(queue));
        Assert.Equal(["c1", "n1", "y1"], queue.InOrder().Select(Name));
    }

    [Fact]
    public void A_habit_is_lost_by_runs_of_the_other_kind()
    {
        var queue = new RunQueue(slots: 2, quickSlots: 1);
        foreach (var took in new[] { 30, 0, 0, 0, 0, 0 })
        {
            Fill(queue, "a0");
            queue.Release(queue.TakeNext()!, TimeSpan.FromSeconds(took));
        }

        Fill(queue, "b0");
        queue.Release(queue.TakeNext()!, TimeSpan.FromSeconds(2));

        Fill(queue, "b1", "a1");
        Assert.Equal(["b1", "a1"], TakeWhatMayRun(queue));
    }

    [Fact]
    public void Who_cancels_long_runs_at_once_is_not_taken_for_somebody_whose_runs_are_short()
    {
        var queue = new RunQueue(slots: 4, quickSlots: 2);
        foreach (var person in "abcd")
        {
            Fill(queue, $"{person}0");
            queue.Release(queue.TakeNext()!, TimeSpan.FromMilliseconds(500), wasCutShort: true);
        }

        Fill(queue, "a1", "b1", "c1", "d1");

        Assert.Equal(["a1", "b1", "c1"], TakeWhatMayRun(queue));
    }

    [Fact]
    public void A_single_slot_is_for_everybody()
    {
        var queue = new RunQueue(slots: 1, quickSlots: 0);
        Fill(queue, "a0");
        queue.Release(queue.TakeNext()!, TimeSpan.FromSeconds(30));

        Fill(queue, "a1");

        Assert.Equal("a1", Name(queue.TakeNext()!));
    }

    private static RunQueue Filled(params string[] names)
    {
        var queue = new RunQueue(slots: 8, quickSlots: 0);
        Fill(queue, names);
        return queue;
    }

    private static void Fill(RunQueue queue, params string[] names)
    {
        foreach (var name in names)
        {
            var owner = new Caller(name[..1], name[..1], Role.Member);
            queue.Add(new(new(name, owner, RunCalls.Python(name), new(30, 256, 1), DateTime.UnixEpoch), null!, null, null));
        }
    }

    private static List<string> TakeWhatMayRun(RunQueue queue)
    {
        var names = new List<string>();
        while (queue.TakeNext() is { } run)
            names.Add(Name(run));
        return names;
    }

    private static List<string> TakeAll(RunQueue queue)
    {
        var names = new List<string>();
        while (queue.TakeNext() is { } run)
        {
            names.Add(Name(run));
            queue.Release(run, TimeSpan.Zero);
        }

        return names;
    }

    private static string Name(LiveRun run) => run.Run.Id;
}
