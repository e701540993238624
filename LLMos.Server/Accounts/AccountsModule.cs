using LLMos.Server.Foundation.Hosting;
using LLMos.Server.Foundation.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Accounts;

internal static class AccountsModule
{
    public static void AddAccounts(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<AccountOptions>().BindConfiguration(AccountOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<FirstRunOptions>().BindConfiguration(FirstRunOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(new StoreCollection(AccountStore.AccountCollection));
        services.AddSingleton(new StoreCollection(AccountStore.TokenCollection));
        services.AddSingleton(new StoreCollection(AccountStore.SignInCollection));
        services.AddSingleton<AccountStore>();
        services.AddSingleton<PasswordCheck>();
        services.AddSingleton<SetupLink>();
        services.AddSingleton<Holdings>();
        services.AddSingleton<LiveConnections>();
        services.AddSingleton<HubStreams>();
        services.AddHostedService<FirstRun>();
        services.AddHostedService<FormerPeople>();
        services.Configure<HubOptions>(options => options.AddFilter<LiveConnections>());

        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessRefusals>();
        services.AddAccess();
        services.AddAuthentication("caller")
            .AddPolicyScheme("caller", displayName: null, options => options.ForwardDefaultSelector = SchemeOf)
            .AddCookieSignIn()
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(Credential.Token, configureOptions: null);
    }

    /// <summary>Who is asking, and may they: after this line everything is for people who are signed in.</summary>
    public static void UseAccounts(this WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRequestGuard();
        app.UsePersonBounds();
        app.Use(app.Services.GetRequiredService<LiveConnections>().FollowAsync);
    }

    public static void MapAccounts(this IEndpointRouteBuilder api)
    {
        api.MapSignInEndpoints();
        api.MapTokenEndpoints();
        api.MapPeopleEndpoints();
    }

    private static void UsePersonBounds(this WebApplication app)
    {
        var bounds = app.Services.GetRequiredService<PersonBounds>();
        app.Use(async (http, next) =>
        {
            using var place = Credential.CallerOf(http.User) is { } caller ? bounds.TakeRequest(caller.AccountId) : null;
            await next(http);
        });
    }

    private static string SchemeOf(HttpContext http) => TokenAuthentication.TextOf(http.Request) is null ? Credential.Cookie : Credential.Token;
}
