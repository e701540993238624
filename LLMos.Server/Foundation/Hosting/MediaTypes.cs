using LLMos.Server.Foundation.Errors;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Refuses bodies that a page of another site could send without asking (forms, plain text).</summary>
internal static class MediaTypes
{
    public static void UseMediaTypes(this WebApplication app) => app.Use((http, next) =>
        http.Request.Path.StartsWithSegments("/api") && HasBody(http) && !IsTaken(http.Request.ContentType)
            ? Problem.WriteAsync(http, RequestErrors.MediaType())
            : next(http));

    private static bool HasBody(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? http.Request.ContentLength is > 0;

    private static bool IsTaken(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase))
        && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
