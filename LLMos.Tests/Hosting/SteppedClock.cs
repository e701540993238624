using Microsoft.Extensions.Time.Testing;

namespace LLMos.Tests.Hosting;

/// <summary>A clock that somebody sets while time goes on as it does: timers and spans do not notice.</summary>
internal sealed class SteppedClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>By how much it is set ahead; negative: back.</summary>
    public TimeSpan Step { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Step;

    public override long GetTimestamp() => base.GetUtcNow().UtcTicks;
}
