using System.Diagnostics;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Foundation.Errors;

/// <summary>The SignalR edge: a refusal becomes <c>HubException("code: detail")</c>; anything else becomes <c>internal</c>.</summary>
internal sealed class HubErrorFilter(ILogger<HubErrorFilter> logger) : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(
        HubInvocationContext context, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(context);
        }
        catch (DomainException refusal)
        {
            throw new HubException(refusal.Message);
        }
        // An edge: what no slice foresaw is logged here once and answered without its text.
        catch (Exception bug) when (bug is not HubException && !context.Context.ConnectionAborted.IsCancellationRequested)
        {
            var traceId = Activity.Current?.Id ?? context.Context.ConnectionId;
            logger.HubMethodFailed(context.HubMethodName, traceId, bug);
            throw new HubException(new DomainException(RequestErrors.Internal(traceId)).Message);
        }
    }
}
