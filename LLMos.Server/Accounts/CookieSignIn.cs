using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

/// <summary>The page's sign-in: an encrypted cookie whose account and sign-in are looked up again at each request.</summary>
internal static class CookieSignIn
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static AuthenticationBuilder AddCookieSignIn(this AuthenticationBuilder authentication)
    {
        var services = authentication.Services;
        services.AddDataProtection().SetApplicationName("LLMos.Server");
        services.AddOptions<KeyManagementOptions>().Configure<IOptions<StorageOptions>, ILoggerFactory>((keys, storage, loggers) =>
            keys.XmlRepository = new FileSystemXmlRepository(KeysFolder(storage.Value), loggers));
        services.AddOptions<CookieAuthenticationOptions>(Credential.Cookie).Configure<IOptions<AccountOptions>>((cookie, accounts) =>
            cookie.ExpireTimeSpan = TimeSpan.FromDays(accounts.Value.SessionDays));

        return authentication.AddCookie(Credential.Cookie, options =>
        {
            options.Cookie.Name = "llmos";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.SlidingExpiration = true;
            options.Events.OnValidatePrincipal = ValidateAsync;
            options.Events.OnCheckSlidingExpiration = RenewAsync;
        });
    }

    public static Task SignInAsync(this HttpContext http, Account account, SignIn signIn) =>
        http.SignInAsync(Credential.Cookie, Credential.ForCookie(account, signIn), new() { IsPersistent = true });

    private static Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        if (Credential.AccountOfCookie(services.GetRequiredService<AccountStore>().Book, context.Principal, now) is { } found)
            context.ReplacePrincipal(Credential.ForCookie(found.Account, found.SignIn));
        else
            context.RejectPrincipal();
        return Task.CompletedTask;
    }

    /// <summary>The sign-in lasts as long as its cookie. One that cannot be kept leaves the cookie as it was: it is tried again at the next request.</summary>
    private static async Task RenewAsync(CookieSlidingExpirationContext context)
    {
        if (!context.ShouldRenew)
            return;
        var services = context.HttpContext.RequestServices;
        var accounts = services.GetRequiredService<AccountStore>();
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        try
        {
            if (Credential.AccountOfCookie(accounts.Book, context.Principal, now) is { SignIn: var signIn })
                await accounts.ChangeAsync(book => book.WithRenewed(signIn.Id, (now + context.Options.ExpireTimeSpan).UtcDateTime), context.HttpContext.RequestAborted);
        }
        catch (DomainException)
        {
            context.ShouldRenew = false;
        }
    }

    private static DirectoryInfo KeysFolder(StorageOptions storage)
    {
        var path = Path.Combine(storage.Path, "keys");
        return OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, OwnerOnly);
    }
}
