using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

internal static class SignInEndpoints
{
    public static void MapSignInEndpoints(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("Accounts").WithMetadata(new LiveConnections.AnsweredToTheEnd());
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
        return await SignInAsync(account, newHash: null, accounts, options.Value, time, http);
    }

    private static async Task<AccountAnswer> Login(
        LoginRequest request, PasswordCheck passwords, AccountStore accounts, IOptions<AccountOptions> options, TimeProvider time, HttpContext http, ILogger<AccountStore> logger)
    {
        var account = passwords.Find(request.User, request.Password, http.Connection.RemoteIpAddress, out var newHash) ?? throw AccountErrors.CredentialsWrong();
        var answer = await SignInAsync(account, newHash, accounts, options.Value, time, http);
        logger.SignedIn(account.User);
        return answer;
    }

    /// <summary>Ends the sign-in itself: a copy of its cookie is good for nothing either.</summary>
    private static async Task<NoContent> Logout(Caller caller, AccountStore accounts, HttpContext http, ILogger<AccountStore> logger)
    {
        await accounts.ChangeAsync(book => book.WithoutSignIn(caller.CredentialId), CancellationToken.None);
        await http.SignOutAsync(Credential.Cookie);
        logger.SignedOut(caller.Name);
        return TypedResults.NoContent();
    }

    private static AccountAnswer Read(Caller caller) => new(caller.AccountId, caller.Name, caller.Role);

    private static async Task<NoContent> ChangePassword(
        ChangePasswordRequest request, Caller caller, PasswordCheck passwords, AccountStore accounts, IOptions<AccountOptions> options, TimeProvider time,
        HttpContext http, ILogger<AccountStore> logger)
    {
        if (passwords.Find(caller.Name, request.CurrentPassword, http.Connection.RemoteIpAddress, out _) is null)
            throw AccountErrors.PasswordWrong();

        // It gets a new cookie, and lasts as long.
        var until = time.GetUtcNow().UtcDateTime.AddDays(options.Value.SessionDays);
        var book = await accounts.ChangeAsync(
            caller, Role.Viewer,
            book => book.WithPassword(caller.AccountId, request.NewPassword, caller.CredentialId, request.EndTokens).WithRenewed(caller.CredentialId, until),
            http.RequestAborted);
        logger.PasswordChanged(caller.Name);
        if (book.SignIns.GetValueOrDefault(caller.CredentialId) is { } signIn && book.Find(caller.AccountId) is { } account)
            await http.SignInAsync(account, signIn);
        return TypedResults.NoContent();
    }

    private static async Task<AccountAnswer> SignInAsync(
        Account account, string? newHash, AccountStore accounts, AccountOptions limits, TimeProvider time, HttpContext http)
    {
        var signIn = SignIn.Create(account.Id, limits.SessionDays, time.GetUtcNow());
        await accounts.ChangeAsync(book => book.WithSignIn(account, signIn, limits.MaxSignIns, newHash), http.RequestAborted);
        await http.SignInAsync(account, signIn);
        return new(account.Id, account.User, account.Role);
    }
}
