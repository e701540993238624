using System.Threading.Channels;

namespace LLMos.Server.Accounts;

/// <summary>Deletes what removed people have left, in the background: at each start, after each removal, and again for what came to its end later.</summary>
internal sealed class FormerPeople(AccountStore accounts, IEnumerable<IRemains> remains, TimeProvider time, ILogger<FormerPeople> log) : BackgroundService
{
    // A run that is ended by its person's removal is kept a moment after it.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        accounts.Changed += OnChanged;
        try
        {
            await using var timer = time.CreateTimer(_ => _due.Writer.TryWrite(true), null, TimeSpan.Zero, Pause);
            while (await _due.Reader.WaitToReadAsync(stoppingToken))
            {
                _due.Reader.TryRead(out _);
                await PurgeAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left is deleted after the next start.
        }
        finally
        {
            accounts.Changed -= OnChanged;
        }
    }

    private void OnChanged(AccountBook book) => _due.Writer.TryWrite(true);

    private async Task PurgeAsync(CancellationToken cancellation)
    {
        foreach (var kept in remains)
        {
            foreach (var owner in kept.Owners().Where(IsFormer).ToList())
                await PurgeAsync(kept, owner, cancellation);
        }
    }

    // A server without an administrator is not set up, or does not have its accounts: then nobody can be told to be gone.
    private bool IsFormer(string owner) => accounts.Book is { HasAdministrator: true } book && book.Find(owner) is null;

    private async Task PurgeAsync(IRemains kept, string owner, CancellationToken cancellation)
    {
        try
        {
            var (count, bytes) = await kept.PurgeAsync(owner, cancellation);
            if (count > 0)
                log.Purged(owner, count, kept.What, bytes);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            log.NotPurged(owner, kept.What, Pause.TotalSeconds, failure);
        }
    }
}
