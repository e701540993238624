using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

/// <summary>A script's sign-in: <c>Authorization: Bearer llmos_…</c>; on hubs also <c>?access_token=</c>, as browsers cannot set headers there.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, UrlEncoder encoder, AccountStore accounts, TimeProvider time)
    // No logger: the framework would write two lines for each wrong token, and the request's own line says 401.
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    private const string Bearer = "Bearer ";

    public static string? TextOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return header[Bearer.Length..].Trim();

        return request.Path.StartsWithSegments("/hubs") && request.Query["access_token"] is [{ Length: > 0 } text, ..] ? text : null;
    }

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate(TextOf(Request)));

    private AuthenticateResult Authenticate(string? text)
    {
        if (text is null)
            return AuthenticateResult.NoResult();
        if (Credential.AccountOfToken(accounts.Book, Secret.HashOf(text), time.GetUtcNow()) is not { } found)
            return AuthenticateResult.Fail(AccountErrors.TokenInvalid());

        var until = new AuthenticationProperties { ExpiresUtc = found.Token.ExpiresAt };
        return AuthenticateResult.Success(new(Credential.ForToken(found.Account, found.Token), until, Scheme.Name));
    }
}
