using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Foundation.Errors;

/// <summary>The SignalR edge: a refusal becomes <c>HubException("code: detail")</c>.</summary>
internal sealed class HubErrorFilter : IHubFilter
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
    }
}
