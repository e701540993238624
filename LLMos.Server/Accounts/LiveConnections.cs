using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Accounts;

/// <summary>Ends hub connections whose sign-in no longer holds: person removed, role or password changed, token removed.</summary>
/// <remarks>Requests are checked one by one; a connection was checked once, when it began. Clients reconnect with what they have now.</remarks>
internal sealed class LiveConnections : IHubFilter, IDisposable
{
    private readonly ConcurrentDictionary<string, HubCallerContext> _connections = new();
    private readonly AccountStore _accounts;
    private readonly TimeProvider _time;

    public LiveConnections(AccountStore accounts, TimeProvider time)
    {
        (_accounts, _time) = (accounts, time);
        _accounts.Changed += EndInvalid;
    }

    public async Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        _connections[context.Context.ConnectionId] = context.Context;
        // The book may have changed between the handshake's check and the line above.
        if (Holds(_accounts.Book, context.Context))
            await next(context);
        else
            context.Context.Abort();
    }

    public async Task OnDisconnectedAsync(HubLifetimeContext context, Exception? exception, Func<HubLifetimeContext, Exception?, Task> next)
    {
        _connections.TryRemove(context.Context.ConnectionId, out _);
        await next(context, exception);
    }

    public void Dispose() => _accounts.Changed -= EndInvalid;

    private void EndInvalid(AccountBook book)
    {
        foreach (var connection in _connections.Values.Where(connection => !Holds(book, connection)))
            connection.Abort();
    }

    private bool Holds(AccountBook book, HubCallerContext connection) => Credential.StillHolds(book, connection.User, _time.GetUtcNow());
}
