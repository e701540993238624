using LLMos.Server.Foundation.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

/// <summary>The page's sign-in: an encrypted cookie whose account is looked up again at each request.</summary>
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
        });
    }

    public static Task SignInAsync(this HttpContext http, Account account) =>
        http.SignInAsync(Credential.Cookie, Credential.ForCookie(account), new() { IsPersistent = true });

    private static Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var accounts = context.HttpContext.RequestServices.GetRequiredService<AccountStore>();
        if (Credential.AccountOfCookie(accounts.Book, context.Principal) is { } account)
            context.ReplacePrincipal(Credential.ForCookie(account));
        else
            context.RejectPrincipal();
        return Task.CompletedTask;
    }

    private static DirectoryInfo KeysFolder(StorageOptions storage)
    {
        var path = Path.Combine(storage.Path, "keys");
        return OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, OwnerOnly);
    }
}
