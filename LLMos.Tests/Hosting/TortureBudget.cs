using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace LLMos.Tests.Hosting;

/// <summary>How much of something is tried: the environment's <c>LLMOS_TORTURE_…</c>, or as much as fits into ./test.</summary>
internal sealed class TortureBudget
{
    private static readonly IConfiguration Settings = new ConfigurationBuilder().AddEnvironmentVariables("LLMOS_TORTURE_").Build();

    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly TimeSpan _most;
    private readonly int _count;
    private readonly int _least;
    private int _taken;

    /// <param name="name">Such as <c>KILLS</c>: a number in the environment's <c>LLMOS_TORTURE_KILLS</c> is done whatever time it takes.</param>
    /// <param name="count">How much it is otherwise, at most.</param>
    /// <param name="seconds">After which it is enough on a busy machine.</param>
    /// <param name="least">What must be done there too, so that the test has seen something.</param>
    public TortureBudget(string name, int count, double seconds, int least = 1)
    {
        var asked = Settings.GetValue<int?>(name);
        Seed = Settings.GetValue("SEED", 1);
        (_count, _least, _most) = (asked ?? count, least, asked is null ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan);
    }

    /// <summary><c>LLMOS_TORTURE_SEED</c>, of which all that is random follows.</summary>
    public int Seed { get; }

    public int Taken => _taken;

    public int Count => _count;

    public bool TryTake()
    {
        if (_taken >= _count || (_taken >= _least && _most != Timeout.InfiniteTimeSpan && Stopwatch.GetElapsedTime(_begun) >= _most))
            return false;
        _taken++;
        return true;
    }

    public void Tell(string text) => TestContext.Current.TestOutputHelper?.WriteLine($"LLMOS_TORTURE_SEED={Seed}: {text}");
}
