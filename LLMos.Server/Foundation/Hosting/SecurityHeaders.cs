namespace LLMos.Server.Foundation.Hosting;

/// <summary>What a browser is told about every answer.</summary>
internal static class SecurityHeaders
{
    // The page's own files: what people upload, which has other paths, is no part of the page.
    private static readonly string[] Folders = ["/app/", "/shell/"];

    public static void UseSecurityHeaders(this WebApplication app) => app.Use((http, next) =>
    {
        // On starting, because the exception handler clears what was set before.
        http.Response.OnStarting(Set, http);
        return next(http);
    });

    private static Task Set(object state)
    {
        var http = (HttpContext)state;
        var headers = http.Response.Headers;
        // A person's file has a stricter one.
        if (headers.ContentSecurityPolicy.Count == 0)
            headers.ContentSecurityPolicy = PolicyFor(http.Request.Host);
        headers.XContentTypeOptions = "nosniff";
        // Else browsers look up the names in all links of the page: a program that has no network would reach out by what it prints.
        headers["X-DNS-Prefetch-Control"] = "off";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), usb=(), serial=(self), payment=()";
        if (headers.CacheControl.Count == 0)
            headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }

    // 'unsafe-inline' for styles only: CodeMirror writes style elements. 'self' in connect-src covers ws: and wss: of this host.
    private static string PolicyFor(HostString host)
    {
        var page = OfPage(host);
        return $"default-src 'none'; script-src {page}; style-src {page} 'unsafe-inline'; font-src {page}; img-src {page} data: blob:; connect-src 'self'; " +
            "frame-src blob:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";
    }

    // A policy has paths only behind a host's name or IPv4 address.
    private static string OfPage(HostString host) =>
        host.HasValue && host.Value.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or ':')
            ? string.Join(' ', Folders.Select(folder => host.Value + folder))
            : "'self'";
}
