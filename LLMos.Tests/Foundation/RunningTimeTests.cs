using LLMos.Server.Foundation.Storage;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Foundation;

public sealed class RunningTimeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SteppedClock _time = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_goes_on_over_restarts_and_a_clock_that_is_set_does_not_move_it()
    {
        for (var start = 0; start < 3; start++)
        {
            using var database = new Database(Options.Create(new StorageOptions { Path = _folder.Path }));
            using var running = new RunningTime(database, _time);
            await running.StartAsync(Cancellation);
            Assert.Equal(TimeSpan.FromDays(start), running.Total);

            _time.Step = TimeSpan.FromDays(start == 1 ? -20_000 : 60);
            Assert.Equal(TimeSpan.FromDays(start), running.Total);

            _time.Advance(TimeSpan.FromDays(1));
            await running.StopAsync(Cancellation);
            _time.Step += TimeSpan.FromDays(30);
        }
    }

    [Fact]
    public async Task A_killed_server_remembers_what_it_kept_of_it_each_hour()
    {
        TimeSpan kept, all;
        using (var database = new Database(Options.Create(new StorageOptions { Path = _folder.Path })))
        {
            using var running = new RunningTime(database, _time);
            await running.StartAsync(Cancellation);
            await Eventually.HoldsAsync(
                () =>
                {
                    _time.Advance(TimeSpan.FromHours(1));
                    return new RunningTime(database, _time).Total > TimeSpan.Zero;
                },
                "what ran is kept");
            (kept, all) = (new RunningTime(database, _time).Total, running.Total);
        }

        using var again = new Database(Options.Create(new StorageOptions { Path = _folder.Path }));
        using var later = new RunningTime(again, _time);
        Assert.InRange(later.Total, kept, all);
    }
}
