using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Accounts;

/// <summary>
/// Refuses what another site's page sends with this site's cookie. SameSite=Lax alone does not: a page of another port of
/// this host counts as the same site.
/// </summary>
internal static class RequestGuard
{
    private const string Header = "X-LLMos-Request";

    public static void UseRequestGuard(this WebApplication app) => app.Use((http, next) =>
    {
        var isHub = http.Request.Path.StartsWithSegments("/hubs");
        if ((isHub || Credential.IsCookie(http.User)) && IsForeign(http.Request))
            throw RequestErrors.OriginRefused();
        if (!isHub && Credential.IsCookie(http.User) && Changes(http.Request.Method) && http.Request.Headers[Header] != "1")
            throw RequestErrors.HeaderMissing();

        return next(http);
    });

    private static bool Changes(string method) => !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method));

    /// <summary>Compares host and port only: behind a proxy that ends TLS the scheme differs.</summary>
    private static bool IsForeign(HttpRequest request) =>
        request.Headers.Origin is [{ Length: > 0 } origin, ..]
        && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
}
