using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>What the interface answers is data for programs, and for who opens or saves it: never a script, style, worker, frame, font or image of a page.</summary>
/// <remarks>Browsers say what they want an answer for where the page came by TLS or from this machine; what is served as which type, and the policy of the page, hold everywhere.</remarks>
internal static class FetchDestinations
{
    private const string Header = "Sec-Fetch-Dest";

    public static void UseFetchDestinations(this WebApplication app) => app.Use((http, next) =>
        http.Request.Path.StartsWithSegments("/api") && http.Request.Headers[Header] is { Count: > 0 } wanted && wanted != "empty" && wanted != "document"
            ? Problem.WriteAsync(http, RequestErrors.DestinationRefused())
            : next(http));
}
