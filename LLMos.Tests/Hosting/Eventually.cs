namespace LLMos.Tests.Hosting;

/// <summary>Waits for the thing itself, with the one timeout that all tests share.</summary>
public static class Eventually
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public static async Task HoldsAsync(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(Timeout);
        while (!condition())
        {
            Assert.False(patience.IsCancellationRequested, $"Waited {Timeout.TotalSeconds:0} s in vain: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        }
    }
}
