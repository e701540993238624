using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Accounts;

/// <summary>Ends hub connections and streams whose sign-in no longer holds: person removed, role or password changed, token removed.</summary>
/// <remarks>Requests are checked one by one; these were checked once, when they began. Clients reconnect with what they have now.</remarks>
internal sealed class LiveConnections : IHubFilter, IDisposable
{
    // By the hub's or the request's context: whose it is and how it is ended.
    private readonly ConcurrentDictionary<object, (ClaimsPrincipal? User, Action End)> _live = new();
    private readonly AccountStore _accounts;
    private readonly TimeProvider _time;

    public LiveConnections(AccountStore accounts, TimeProvider time)
    {
        (_accounts, _time) = (accounts, time);
        _accounts.Changed += EndInvalid;
    }

    /// <summary>Passes a request on and ends it when its sign-in does. Only those that read: a request that changes its own sign-in must be answered.</summary>
    public async Task FollowAsync(HttpContext http, RequestDelegate next)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || http.User.Identity?.IsAuthenticated != true || http.Request.Path.StartsWithSegments("/hubs"))
        {
            await next(http);
            return;
        }

        _live[http] = (http.User, http.Abort);
        try
        {
            await next(http);
        }
        finally
        {
            _live.TryRemove(http, out _);
        }
    }

    public async Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        _live[context.Context] = (context.Context.User, context.Context.Abort);
        // The book may have changed between the handshake's check and the line above.
        if (Holds(_accounts.Book, context.Context.User))
            await next(context);
        else
            context.Context.Abort();
    }

    public async Task OnDisconnectedAsync(HubLifetimeContext context, Exception? exception, Func<HubLifetimeContext, Exception?, Task> next)
    {
        _live.TryRemove(context.Context, out _);
        await next(context, exception);
    }

    public void Dispose() => _accounts.Changed -= EndInvalid;

    private void EndInvalid(AccountBook book)
    {
        foreach (var (_, end) in _live.Values.Where(live => !Holds(book, live.User)))
            end();
    }

    private bool Holds(AccountBook book, ClaimsPrincipal? user) => Credential.StillHolds(book, user, _time.GetUtcNow());
}
