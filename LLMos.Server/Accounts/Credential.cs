using System.Security.Claims;

namespace LLMos.Server.Accounts;

/// <summary>What a request or a connection proved itself with, as claims, and whether the book still honours it.</summary>
internal static class Credential
{
    /// <summary>Scheme and authentication type of people at the page.</summary>
    public const string Cookie = "cookie";

    /// <summary>Scheme and authentication type of scripts.</summary>
    public const string Token = "token";

    private const string StampClaim = "stamp";
    private const string IdClaim = "credential";

    public static ClaimsPrincipal ForCookie(Account account, SignIn signIn) =>
        PrincipalOf(account, Cookie, new(StampClaim, account.Stamp), new(IdClaim, signIn.Id));

    public static ClaimsPrincipal ForToken(Account account, AccessToken token) => PrincipalOf(account, Token, new Claim(IdClaim, token.Hash));

    public static bool IsCookie(ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true, AuthenticationType: Cookie };

    public static Caller? CallerOf(ClaimsPrincipal? user) =>
        user?.FindFirstValue(ClaimTypes.NameIdentifier) is { } id && Enum.TryParse<Role>(user.FindFirstValue(ClaimTypes.Role), out var role)
            ? new(id, user.FindFirstValue(ClaimTypes.Name) ?? "", role) { Via = IsCookie(user) ? "person" : Token, CredentialId = user.FindFirstValue(IdClaim) ?? "" }
            : null;

    /// <summary>The account and the sign-in, unless one of them is gone or the password was changed since.</summary>
    public static (Account Account, SignIn SignIn)? AccountOfCookie(AccountBook book, ClaimsPrincipal? user, DateTimeOffset now) =>
        book.SignIns.GetValueOrDefault(user?.FindFirstValue(IdClaim) ?? "") is { } signIn && now.UtcDateTime < signIn.ExpiresAt
        && book.Find(signIn.AccountId) is { } account && account.Stamp == user?.FindFirstValue(StampClaim)
            ? (account, signIn)
            : null;

    /// <summary>The account and the token, unless one of them is gone or the token has expired.</summary>
    public static (Account Account, AccessToken Token)? AccountOfToken(AccountBook book, string hash, DateTimeOffset now) =>
        book.TokensByHash.GetValueOrDefault(hash) is { } token && now.UtcDateTime < token.ExpiresAt && book.Find(token.AccountId) is { } account
            ? (account, token)
            : null;

    /// <summary>For connections that outlive their request: still valid, and with the role it began with.</summary>
    public static bool StillHolds(AccountBook book, ClaimsPrincipal? user, DateTimeOffset now)
    {
        var account = user is not null && IsCookie(user)
            ? AccountOfCookie(book, user, now)?.Account
            : AccountOfToken(book, user?.FindFirstValue(IdClaim) ?? "", now)?.Account;
        return account is not null && account.Role == CallerOf(user)?.Role;
    }

    /// <summary>Why a caller may not go on with what they began; null: they may.</summary>
    /// <param name="least">The role that it takes.</param>
    public static string? WhyEnded(AccountBook book, Caller caller, Role least, DateTimeOffset now)
    {
        // The server's own callers have neither an account nor a credential.
        if (book.Find(caller.AccountId) is not { } account)
            return caller.CredentialId.Length == 0 ? null : "The account was removed.";
        if (account.Role < least)
            return "The account's role does not allow it any more.";
        return caller.CredentialId.Length == 0 || ExpiryOf(book, caller) > now.UtcDateTime ? null : "The sign-in or token that began it has ended.";
    }

    /// <summary>When the caller's credential ends by itself; the beginning of time when it has ended already.</summary>
    public static DateTime ExpiryOf(AccountBook book, Caller caller)
    {
        if (book.SignIns.GetValueOrDefault(caller.CredentialId) is { } signIn && signIn.AccountId == caller.AccountId)
            return signIn.ExpiresAt;
        return book.TokensByHash.GetValueOrDefault(caller.CredentialId) is { } token && token.AccountId == caller.AccountId ? token.ExpiresAt : DateTime.MinValue;
    }

    /// <exception cref="Foundation.Errors.DomainException"><c>accounts.sign_in_required</c>, <c>accounts.role_required</c>.</exception>
    public static void Require(AccountBook book, Caller caller, Role least, DateTimeOffset now)
    {
        if (WhyEnded(book, caller, least, now) is not null)
            throw book.Find(caller.AccountId) is { } account && account.Role < least ? AccountErrors.RoleRequired() : AccountErrors.SignInRequired();
    }

    private static ClaimsPrincipal PrincipalOf(Account account, string scheme, params Claim[] proof) => new(new ClaimsIdentity(
        [new(ClaimTypes.NameIdentifier, account.Id), new(ClaimTypes.Name, account.User), new(ClaimTypes.Role, account.Role.ToString()), .. proof],
        scheme));
}
