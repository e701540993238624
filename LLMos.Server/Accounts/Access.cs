using Microsoft.AspNetCore.Authorization;

namespace LLMos.Server.Accounts;

/// <summary>Who may call what. Nothing said: every account that is signed in, and nobody else.</summary>
public static class Access
{
    private const string ByCookie = "by-cookie";

    /// <summary>For routes and hubs; on hub methods write <c>[Authorize(nameof(Role.Member))]</c>.</summary>
    public static TBuilder RequireRole<TBuilder>(this TBuilder builder, Role role)
        where TBuilder : IEndpointConventionBuilder => builder.RequireAuthorization(role.ToString());

    /// <summary>For what a stolen token must not be able to do.</summary>
    internal static TBuilder RequireCookie<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.RequireAuthorization(ByCookie);

    internal static void AddAccess(this IServiceCollection services)
    {
        var signedIn = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
        var authorization = services.AddAuthorizationBuilder().SetDefaultPolicy(signedIn).SetFallbackPolicy(signedIn);
        authorization.AddPolicy(ByCookie, policy => policy.RequireAuthenticatedUser().AddRequirements(new CookieRequirement()));
        foreach (var role in Enum.GetValues<Role>())
            authorization.AddPolicy(role.ToString(), policy => policy.RequireAuthenticatedUser().AddRequirements(new RoleRequirement(role)));
    }

    internal sealed class RoleRequirement(Role role) : AuthorizationHandler<RoleRequirement>, IAuthorizationRequirement
    {
        private readonly Role _role = role;

        // Where a route and its group ask for different roles, each of the two is given both to judge.
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RoleRequirement requirement)
        {
            if (Credential.CallerOf(context.User) is { } caller && caller.Role >= requirement._role)
                context.Succeed(requirement);
            return Task.CompletedTask;
        }
    }

    internal sealed class CookieRequirement : AuthorizationHandler<CookieRequirement>, IAuthorizationRequirement
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, CookieRequirement requirement)
        {
            if (Credential.IsCookie(context.User))
                context.Succeed(requirement);
            return Task.CompletedTask;
        }
    }
}
