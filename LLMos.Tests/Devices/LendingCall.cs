using System.Threading.Channels;
using LLMos.Server.Accounts;
using LLMos.Server.Devices.Lent;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

/// <summary>A lender's call without a connection, for tests that move the clock.</summary>
internal sealed class LendingCall : IAsyncDisposable
{
    private readonly CancellationTokenSource _cut = new();
    private readonly Channel<LentReport> _reports = Channel.CreateUnbounded<LentReport>();
    private readonly IAsyncEnumerator<LineOrder> _orders;

    public LendingCall(LentLines lines, Caller caller, LentPort port, IAsyncEnumerable<LentReport>? reports = null) =>
        _orders = lines.Lend(caller, port, reports ?? _reports.Reader.ReadAllAsync(_cut.Token), _cut.Token).GetAsyncEnumerator(_cut.Token);

    public async Task<LineOrder> OrderAsync()
    {
        Assert.True(await _orders.MoveNextAsync().AsTask().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken), "the call has ended");
        return _orders.Current;
    }

    public void Report(LentReport report) => Assert.True(_reports.Writer.TryWrite(report));

    /// <summary>As when the connection is cut.</summary>
    public async ValueTask DisposeAsync()
    {
        await _cut.CancelAsync();
        await _orders.DisposeAsync();
    }
}
