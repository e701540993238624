using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace LLMos.Tests.Runs.Fuzzing;

/// <summary>How long inputs are tried, and which: the environment's <c>LLMOS_FUZZ_SEED</c> and <c>LLMOS_FUZZ_SECONDS</c> or <c>LLMOS_FUZZ_INPUTS</c>, or a number of inputs that fits into ./test.</summary>
internal sealed class FuzzBudget
{
    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly TimeSpan _most;
    private readonly int _count;
    private int _taken;

    /// <param name="count">Inputs, unless the environment sets a number or a time.</param>
    /// <param name="seconds">After which it is enough on a busy machine too.</param>
    public FuzzBudget(int count, double seconds)
    {
        var settings = new ConfigurationBuilder().AddEnvironmentVariables("LLMOS_FUZZ_").Build();
        var (asked, inputs) = (settings.GetValue<double?>("SECONDS"), settings.GetValue<int?>("INPUTS"));
        Seed = settings.GetValue("SEED", 1);
        _most = inputs is null ? TimeSpan.FromSeconds(asked ?? seconds) : TimeSpan.MaxValue;
        _count = inputs ?? (asked is null ? count : int.MaxValue);
        TestContext.Current.SendDiagnosticMessage("LLMOS_FUZZ_SEED={0}", Seed);
    }

    public int Seed { get; }

    public int Taken => Math.Min(_taken, _count);

    /// <summary>The number of the next input; any thread may ask.</summary>
    public bool TryTake(out int number)
    {
        number = Interlocked.Increment(ref _taken) - 1;
        return number < _count && Stopwatch.GetElapsedTime(_begun) < _most;
    }

    /// <summary>Does <paramref name="work"/> on every core.</summary>
    public static Task SpendAsync(Action work) => Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
}
