using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Foundation.Storage;

/// <summary>How long this server has run in all, over its restarts: the one measure of what is too old to be kept.</summary>
/// <remarks>
/// A clock is set, or wrong from the start on a board without a battery, and ages by it would let a whole history go in a
/// minute. This one only ever counts time that passed. While the server is stopped nothing becomes older.
/// </remarks>
internal sealed class RunningTime(Database database, TimeProvider time) : BackgroundService
{
    private const string Id = "running", Ticks = "ticks";

    // What a killed server forgets.
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private readonly TimeSpan _before = database.Read(documents => TimeSpan.FromTicks(documents.Find(SchemaMigrations.Collection, Id)?[Ticks].AsInt64 ?? 0));
    private readonly long _started = time.GetTimestamp();

    public TimeSpan Total => _before + time.GetElapsedTime(_started);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await KeepAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await KeepAsync();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The stop keeps it.
        }
    }

    public async Task KeepAsync()
    {
        try
        {
            await database.WriteAsync(documents => documents.Put(SchemaMigrations.Collection, new() { ["_id"] = Id, [Ticks] = Total.Ticks }));
        }
        catch (Exception lost) when (lost is DomainException or ObjectDisposedException)
        {
            // The store says itself what is wrong with it. The next time keeps this too; until then it counts in memory.
        }
    }
}
