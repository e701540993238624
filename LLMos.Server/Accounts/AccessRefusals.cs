using LLMos.Server.Foundation.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Net.Http.Headers;

namespace LLMos.Server.Accounts;

/// <summary>Says as problem+json why a request may not, whichever way it signed in; never redirects.</summary>
internal sealed class AccessRefusals : IAuthorizationMiddlewareResultHandler
{
    public async Task HandleAsync(RequestDelegate next, HttpContext http, AuthorizationPolicy policy, PolicyAuthorizationResult result)
    {
        if (result.Succeeded)
        {
            await next(http);
            return;
        }

        if (result.Challenged)
            http.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        await Problem.WriteAsync(http, (result.Forbidden ? Forbidden(result) : await UnknownAsync(http)).Error);
    }

    private static DomainException Forbidden(PolicyAuthorizationResult result) =>
        result.AuthorizationFailure?.FailedRequirements.Any(failed => failed is Access.CookieRequirement) == true
            ? AccountErrors.CookieRequired()
            : AccountErrors.RoleRequired();

    private static async Task<DomainException> UnknownAsync(HttpContext http) =>
        // Kept by the handler since the first time: the token is not looked up twice.
        (await http.AuthenticateAsync()).Failure as DomainException ?? AccountErrors.SignInRequired();
}
