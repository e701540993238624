using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Accounts;

internal static class AccountErrors
{
    public static DomainException SignInRequired() =>
        new(new(ErrorKind.Unauthenticated, "accounts.sign_in_required", "Sign in first, or send a token: Authorization: Bearer llmos_…"));

    public static DomainException TokenInvalid() =>
        new(new(ErrorKind.Unauthenticated, "accounts.token_invalid", "This token is unknown, expired or removed; make a new one in the page."));

    public static DomainException CredentialsWrong() =>
        new(new(ErrorKind.Unauthenticated, "accounts.credentials_wrong", "User name or password is wrong."));

    public static DomainException LoginLimited(int retryAfterSeconds) =>
        new(new(ErrorKind.Busy, "accounts.login_limited", $"Too many failed log-ins; try again in {retryAfterSeconds} seconds.", retryAfterSeconds));

    public static DomainException PasswordWrong() =>
        new(new(ErrorKind.Forbidden, "accounts.password_wrong", "The current password is wrong."));

    public static DomainException RoleRequired() =>
        new(new(ErrorKind.Forbidden, "accounts.role_required", "Your role does not allow this; ask an administrator."));

    public static DomainException CookieRequired() =>
        new(new(ErrorKind.Forbidden, "accounts.cookie_required", "A token cannot do this; sign in with user name and password."));

    public static DomainException SetupDone() =>
        new(new(ErrorKind.NotFound, "accounts.setup_done", "This server is set up already."));

    public static DomainException SetupTokenWrong() =>
        new(new(ErrorKind.Forbidden, "accounts.setup_token_wrong", "This is not the token of the link in the server's newest log."));

    public static DomainException NameInvalid() => new(new(ErrorKind.Invalid, "accounts.name_invalid", UserName.Rule));

    public static DomainException NameTaken(string user) =>
        new(new(ErrorKind.Conflict, "accounts.name_taken", $"There is already somebody called '{user}'."));

    public static DomainException PasswordInvalid() => new(new(ErrorKind.Invalid, "accounts.password_invalid", Password.Rule));

    public static DomainException RoleInvalid() =>
        new(new(ErrorKind.Invalid, "accounts.role_invalid", "A role is administrator, member or viewer."));

    public static DomainException PersonNotFound() =>
        new(new(ErrorKind.NotFound, "accounts.person_not_found", "There is no such person."));

    public static DomainException TooManyPeople(int limit) =>
        new(new(ErrorKind.Conflict, "accounts.too_many_people", $"This server takes {limit} people; remove one or raise Accounts:MaxPeople."));

    public static DomainException LastAdministrator() =>
        new(new(ErrorKind.Conflict, "accounts.last_administrator", "This is the last administrator; make somebody else one first."));

    public static DomainException TokenNotFound() =>
        new(new(ErrorKind.NotFound, "accounts.token_not_found", "There is no such token."));

    public static DomainException TooManyTokens(int limit) =>
        new(new(ErrorKind.Conflict, "accounts.too_many_tokens", $"You have {limit} tokens, the most there may be; remove one first."));

    public static DomainException TokenNameInvalid() =>
        new(new(ErrorKind.Invalid, "accounts.token_name_invalid", "A token's name has 1 to 64 printable characters."));

    public static DomainException TokenDaysInvalid(int limit) =>
        new(new(ErrorKind.Invalid, "accounts.token_days_invalid", $"A token lives for 1 to {limit} days."));
}
