using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Volumes;

/// <summary>How many may do something costly at the same time; one more is refused, at once or after it has waited for its turn.</summary>
internal class Slots(int most, Func<DomainException> busy) : IDisposable
{
    private readonly SemaphoreSlim _free = new(most);

    /// <returns>Dispose it to make room for the next.</returns>
    /// <exception cref="DomainException">That all are taken.</exception>
    public IDisposable Take() => _free.Wait(TimeSpan.Zero) ? new Slot(_free) : throw busy();

    /// <inheritdoc cref="Take"/>
    /// <param name="patience">How long it may take until another is done.</param>
    /// <param name="cancellation">That nobody waits any more.</param>
    public async Task<IDisposable> TakeAsync(TimeSpan patience, CancellationToken cancellation) =>
        await _free.WaitAsync(patience, cancellation) ? new Slot(_free) : throw busy();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => _free.Dispose();

    private sealed class Slot(SemaphoreSlim free) : IDisposable
    {
        private SemaphoreSlim? _free = free;

        public void Dispose() => Interlocked.Exchange(ref _free, null)?.Release();
    }
}
