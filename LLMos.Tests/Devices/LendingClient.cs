using System.Threading.Channels;
using LLMos.Server.Devices.Lent;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.SignalR.Client;

namespace LLMos.Tests.Devices;

/// <summary>A lender as a browser's tab is one: a hub connection, orders that come, reports that go.</summary>
internal sealed class LendingClient : IAsyncDisposable
{
    private readonly HubConnection _connection;
    private readonly Channel<LentReport> _reports = Channel.CreateUnbounded<LentReport>();
    private readonly IAsyncEnumerator<LineOrder> _orders;

    private LendingClient(HubConnection connection, LentPort port)
    {
        _connection = connection;
        _orders = connection.StreamAsync<LineOrder>("Lend", port, Reports()).GetAsyncEnumerator();
    }

    /// <summary>What the server said first.</summary>
    public LineOrder Lent { get; private set; } = null!;

    public static LentPort Port(string key, string epoch = "1") => new(key, epoch, $"Board {key}", "303a:1001");

    public static async Task<LendingClient> StartAsync(LLMosServer server, string token, LentPort port)
    {
        var connection = server.Hub("/hubs/devices", token);
        await connection.StartAsync(TestContext.Current.CancellationToken);
        return await StartAsync(connection, port);
    }

    public static async Task<LendingClient> StartAsync(HubConnection connection, LentPort port)
    {
        var client = new LendingClient(connection, port);
        client.Lent = await client.OrderAsync();
        return client;
    }

    public async Task<LineOrder> OrderAsync()
    {
        Assert.True(await _orders.MoveNextAsync().AsTask().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken), "the call has ended");
        return _orders.Current;
    }

    /// <summary>The error that the call ends with; null: it just ends.</summary>
    public async Task<string?> EndAsync()
    {
        try
        {
            while (await _orders.MoveNextAsync().AsTask().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken))
            {
                // Orders that came before.
            }

            return null;
        }
        catch (Microsoft.AspNetCore.SignalR.HubException refusal)
        {
            return refusal.Message;
        }
    }

    public void Report(LentReport report) => Assert.True(_reports.Writer.TryWrite(report));

    public void Receive(long offset, params byte[] bytes) => Report(new(LentReport.Received, offset, bytes));

    public void Done(LineOrder order, string? error = null) => Report(new(LentReport.Done, Number: order.Number, Error: error));

    public async ValueTask DisposeAsync()
    {
        _reports.Writer.TryComplete();
        await _connection.DisposeAsync();
    }

    // SignalR tells a stream by its type, which a channel's reader alone does not have.
    private async IAsyncEnumerable<LentReport> Reports()
    {
        await foreach (var report in _reports.Reader.ReadAllAsync())
            yield return report;
    }
}
