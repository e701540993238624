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
        queue.Release(first);
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

    private static RunQueue Filled(params string[] names)
    {
        var queue = new RunQueue();
        foreach (var name in names)
        {
            var owner = new Caller(name[..1], name[..1], Role.Member);
            queue.Add(new(new(name, owner, RunCalls.Python(name), new(30, 256, 1), DateTime.UnixEpoch), null!, null, null));
        }

        return queue;
    }

    private static List<string> TakeAll(RunQueue queue)
    {
        var names = new List<string>();
        while (queue.TakeNext() is { } run)
        {
            names.Add(Name(run));
            queue.Release(run);
        }

        return names;
    }

    private static string Name(LiveRun run) => run.Run.Id;
}
