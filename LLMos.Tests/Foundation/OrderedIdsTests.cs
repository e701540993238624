using LLMos.Server.Foundation.Storage;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Foundation;

public sealed class OrderedIdsTests
{
    private readonly SteppedClock _time = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Ids_sort_as_they_were_made_whatever_the_clock_is_set_to()
    {
        var ids = new OrderedIds(_time, last: null);
        List<string> made = [ids.Next(), ids.Next()];
        foreach (var days in new[] { 400, -1, -21_000, 0, 500 })
        {
            _time.Step = TimeSpan.FromDays(days);
            made.AddRange([ids.Next(), ids.Next()]);
        }

        Assert.Equal(made.Order(StringComparer.Ordinal), made);
        Assert.Equal(_time.GetUtcNow(), Ulid.Parse(made[^2]).Time);
    }

    [Fact]
    public void Ids_go_on_after_the_newest_that_there_is()
    {
        var newest = new OrderedIds(_time, last: null).Next();
        _time.Step = TimeSpan.FromDays(-21_000);

        Assert.True(string.CompareOrdinal(new OrderedIds(_time, newest).Next(), newest) > 0);
    }

    [Fact]
    public void Ids_of_one_moment_have_nothing_in_common_but_their_time()
    {
        var ids = Enumerable.Range(0, 100).Select(_ => new OrderedIds(_time, last: null).Next()).ToList();

        Assert.Single(ids.Select(id => id[..10]).Distinct());
        Assert.Equal(100, ids.Select(id => id[10..18]).Distinct().Count());
    }
}
