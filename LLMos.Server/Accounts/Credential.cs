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
    private const string TokenHashClaim = "token-hash";

    public static ClaimsPrincipal ForCookie(Account account) => PrincipalOf(account, Cookie, new(StampClaim, account.Stamp));

    public static ClaimsPrincipal ForToken(Account account, AccessToken token) => PrincipalOf(account, Token, new(TokenHashClaim, token.Hash));

    public static bool IsCookie(ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true, AuthenticationType: Cookie };

    public static Caller? CallerOf(ClaimsPrincipal? user) =>
        user?.FindFirstValue(ClaimTypes.NameIdentifier) is { } id && Enum.TryParse<Role>(user.FindFirstValue(ClaimTypes.Role), out var role)
            ? new(id, user.FindFirstValue(ClaimTypes.Name) ?? "", role) { Via = IsCookie(user) ? "person" : Token }
            : null;

    /// <summary>The account, unless it is gone or its password was changed since.</summary>
    public static Account? AccountOfCookie(AccountBook book, ClaimsPrincipal? user) =>
        book.Find(user?.FindFirstValue(ClaimTypes.NameIdentifier) ?? "") is { } account && account.Stamp == user?.FindFirstValue(StampClaim)
            ? account
            : null;

    /// <summary>The account and the token, unless one of them is gone or the token has expired.</summary>
    public static (Account Account, AccessToken Token)? AccountOfToken(AccountBook book, string hash, DateTimeOffset now) =>
        book.TokensByHash.GetValueOrDefault(hash) is { } token && now.UtcDateTime < token.ExpiresAt && book.Find(token.AccountId) is { } account
            ? (account, token)
            : null;

    /// <summary>For connections that outlive their request: still valid, and with the role it began with.</summary>
    public static bool StillHolds(AccountBook book, ClaimsPrincipal? user, DateTimeOffset now)
    {
        var account = user?.FindFirstValue(TokenHashClaim) is { } hash ? AccountOfToken(book, hash, now)?.Account : AccountOfCookie(book, user);
        return account is not null && account.Role == CallerOf(user)?.Role;
    }

    private static ClaimsPrincipal PrincipalOf(Account account, string scheme, Claim proof) => new(new ClaimsIdentity(
        [new(ClaimTypes.NameIdentifier, account.Id), new(ClaimTypes.Name, account.User), new(ClaimTypes.Role, account.Role.ToString()), proof],
        scheme));
}
