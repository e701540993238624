using LLMos.Server.Accounts;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Accounts;

public sealed class FailureCounterTests
{
    private readonly SteppedClock _time = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Theory, InlineData(1), InlineData(-1), InlineData(-20_000)]
    public void A_clock_that_is_set_opens_no_window_and_keeps_nobody_out(int days)
    {
        var counter = new FailureCounter(limit: 1, TimeSpan.FromMinutes(1), _time);
        Assert.Null(counter.Take("eva"));

        _time.Step = TimeSpan.FromDays(days);

        Assert.Equal(TimeSpan.FromMinutes(1), counter.Take("eva"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(counter.Take("eva"));
    }

    [Fact]
    public void Attempts_side_by_side_count_before_they_have_failed()
    {
        var counter = new FailureCounter(limit: 5, TimeSpan.FromMinutes(1), _time);
        var allowed = 0;

        Parallel.For(0, 100, _ =>
        {
            if (counter.Take("eva") is null)
                Interlocked.Increment(ref allowed);
        });

        Assert.Equal(5, allowed);
    }

    [Fact]
    public void Attempt_given_back_does_not_count()
    {
        var counter = new FailureCounter(limit: 1, TimeSpan.FromMinutes(1), _time);

        Assert.Null(counter.Take("eva"));
        counter.GiveBack("eva");
        Assert.Null(counter.Take("eva"));
        Assert.Equal(TimeSpan.FromMinutes(1), counter.Take("eva"));
    }

    [Fact]
    public void Number_of_keys_is_bounded_and_the_newest_are_kept()
    {
        var counter = new FailureCounter(limit: 1, TimeSpan.FromMinutes(1), _time);

        for (var number = 0; number < 12_000; number++)
        {
            counter.Take($"name-{number}");
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(10_000, counter.Count);
        Assert.NotNull(counter.Take("name-11999"));
        Assert.Null(counter.Take("name-0"));
    }
}
