using System.Collections.Concurrent;
using LLMos.Server.Foundation.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Accounts;

/// <summary>Ends requests and hub connections whose sign-in no longer holds: they were checked once, when they began.</summary>
internal sealed class LiveConnections(Holdings holdings) : IHubFilter
{
    private readonly ConcurrentDictionary<string, IDisposable> _hubs = new();

    /// <summary>For routes that may end their own caller's sign-in, and must be answered all the same.</summary>
    public sealed record AnsweredToTheEnd;

    /// <summary>Passes a request on, and aborts it when its sign-in ends or its role is not enough for its route any more.</summary>
    public async Task FollowAsync(HttpContext http, RequestDelegate next)
    {
        var endpoint = http.GetEndpoint();
        if (Credential.CallerOf(http.User) is not { } caller || http.Request.Path.StartsWithSegments("/hubs") || endpoint?.Metadata.GetMetadata<AnsweredToTheEnd>() is not null)
        {
            await next(http);
            return;
        }

        using var held = holdings.Enter(caller, LeastRole(endpoint), _ => http.Abort());
        await next(http);
    }

    public async Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        try
        {
            _hubs[context.Context.ConnectionId] = holdings.EnterConnection(context.Context.User!, _ => context.Context.Abort());
        }
        catch (DomainException)
        {
            // The book has changed between the handshake's check and the line above.
            context.Context.Abort();
            return;
        }

        await next(context);
    }

    public async Task OnDisconnectedAsync(HubLifetimeContext context, Exception? exception, Func<HubLifetimeContext, Exception?, Task> next)
    {
        if (_hubs.TryRemove(context.Context.ConnectionId, out var held))
            held.Dispose();
        await next(context, exception);
    }

    // A route that says nothing is for everybody who is signed in.
    private static Role LeastRole(Endpoint? endpoint) => (endpoint?.Metadata.GetOrderedMetadata<IAuthorizeData>() ?? [])
        .Select(one => Enum.TryParse<Role>(one.Policy, out var role) ? role : Role.Viewer).DefaultIfEmpty(Role.Viewer).Max();
}
