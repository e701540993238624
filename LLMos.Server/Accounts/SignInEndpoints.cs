using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

internal static class SignInEndpoints
{
    public static void MapSignInEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("Accounts");
        group.MapGet("/setup", IsSetupNeeded).AllowAnonymous().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/setup", Setup).AllowAnonymous().ProducesProblem(StatusCodes.Status403Forbidden);
        group.MapPost("/login", Login).AllowAnonymous().ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status429TooManyRequests);
        group.MapPost("/logout", Logout).RequireCookie();
        group.MapGet("/account", Read);
        group.MapPost("/account/password", ChangePassword).RequireCookie().ProducesProblem(StatusCodes.Status403Forbidden);
    }

    private static SetupAnswer IsSetupNeeded(AccountStore accounts) =>
        accounts.Book.HasAdministrator ? throw AccountErrors.SetupDone() : new(Needed: true);

    private static async Task<AccountAnswer> Setup(
        SetupRequest request, AccountStore accounts, SetupLink link, IOptions<AccountOptions> options, TimeProvider time, HttpContext http, ILogger<AccountStore> logger)
    {
        if (accounts.Book.HasAdministrator)
            throw AccountErrors.SetupDone();
        if (!link.Matches(request.Token))
            throw AccountErrors.SetupTokenWrong();

        var account = Account.Create(request.User, request.Password, Role.Administrator, time.GetUtcNow());
        await accounts.ChangeAsync(book => book.WithFirstAdministrator(account, options.Value.MaxPeople), http.RequestAborted);
        logger.SetUp(account.User);
        return await SignInAsync(http, account);
    }

    private static async Task<AccountAnswer> Login(LoginRequest request, PasswordCheck passwords, HttpContext http, ILogger<AccountStore> logger)
    {
        var account = passwords.Find(request.User, request.Password, http.Connection.RemoteIpAddress) ?? throw AccountErrors.CredentialsWrong();
        logger.SignedIn(account.User);
        return await SignInAsync(http, account);
    }

    private static async Task<NoContent> Logout(Caller caller, HttpContext http, ILogger<AccountStore> logger)
    {
        await http.SignOutAsync(Credential.Cookie);
        logger.SignedOut(caller.Name);
        return TypedResults.NoContent();
    }

    private static AccountAnswer Read(Caller caller) => new(caller.AccountId, caller.Name, caller.Role);

    private static async Task<NoContent> ChangePassword(
        ChangePasswordRequest request, Caller caller, PasswordCheck passwords, AccountStore accounts, HttpContext http, ILogger<AccountStore> logger)
    {
        if (passwords.Find(caller.Name, request.CurrentPassword, http.Connection.RemoteIpAddress) is null)
            throw AccountErrors.PasswordWrong();

        var book = await accounts.ChangeAsync(book => book.WithPassword(caller.AccountId, request.NewPassword), http.RequestAborted);
        logger.PasswordChanged(caller.Name);
        await SignInAsync(http, book.Get(caller.AccountId));
        return TypedResults.NoContent();
    }

    private static async Task<AccountAnswer> SignInAsync(HttpContext http, Account account)
    {
        await http.SignInAsync(account);
        return new(account.Id, account.User, account.Role);
    }
}
