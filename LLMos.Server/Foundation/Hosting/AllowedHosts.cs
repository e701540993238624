using System.Net;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Texts;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Answers only those who call the server by a name of its own.</summary>
/// <remarks>
/// A web page can give its own name this server's address (DNS rebinding), and its visitors' browsers then take the server for
/// that page's. An address as it is cannot be turned so, and "localhost" is nobody's to give away: both are always answered.
/// </remarks>
internal static class AllowedHosts
{
    private const int MostShown = 64;

    public static void UseAllowedHosts(this WebApplication app)
    {
        var names = HostingOptions.Split(app.Services.GetRequiredService<IOptions<HostingOptions>>().Value.AllowedHosts);
        app.Use((http, next) => IsAllowed(http.Request.Host, names)
            ? next(http)
            : Problem.WriteAsync(http, RequestErrors.HostUnknown(VisibleText.Of(http.Request.Host.Host, MostShown))));
    }

    public static bool IsAllowed(HostString host, IReadOnlyList<string> names)
    {
        // No browser leaves it out.
        if (!host.HasValue)
            return true;
        var name = host.Host.TrimEnd('.');
        return IPAddress.TryParse(name, out _) || Is(name, "localhost") || EndsWith(name, ".localhost")
            || names.Any(allowed => allowed == "*" || Is(name, allowed) || (allowed.StartsWith("*.", StringComparison.Ordinal) && EndsWith(name, allowed[1..])));
    }

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static bool EndsWith(string name, string end) => name.Length > end.Length && name.EndsWith(end, StringComparison.OrdinalIgnoreCase);
}
