using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>The page's files: the shell (log-in and set-up form) for everybody, the rest for people who are signed in.</summary>
internal static class Page
{
    private static readonly (string Name, string Suffix)[] Encodings = [("br", ".br"), ("gzip", ".gz")];

    /// <summary>A published folder brings its page along and runs from wherever it is started; a checkout runs in the project's folder.</summary>
    public static WebApplicationOptions OptionsFor(string[] args) => new()
    {
        Args = args,
        ContentRootPath = Directory.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot")) ? AppContext.BaseDirectory : null,
    };

    /// <summary>Before authorization: the address itself and <c>/shell</c>.</summary>
    public static void UseShellFiles(this WebApplication app)
    {
        app.Use((http, next) =>
        {
            if (http.Request.Path == "/")
                http.Request.Path = "/index.html";
            return next(http);
        });
        app.UseWhen(http => IsShell(http.Request.Path), shell => shell.UseFiles(app.Environment));
    }

    /// <summary>After authorization, whose fallback policy lets only people who are signed in come this far.</summary>
    public static void UseAppFiles(this WebApplication app) =>
        app.UseWhen(http => http.Request.Path.StartsWithSegments("/app"), page => page.UseFiles(app.Environment));

    private static bool IsShell(PathString path) =>
        path == "/index.html" || path == "/favicon.ico" || path == "/favicon.svg" || path.StartsWithSegments("/shell");

    private static void UseFiles(this IApplicationBuilder app, IWebHostEnvironment environment)
    {
        // A server without its page (only the API is wanted, or it is not built yet) is a server all the same.
        if (!Directory.Exists(environment.WebRootPath))
            return;

        var files = environment.WebRootFileProvider;
        var types = new FileExtensionContentTypeProvider();
        app.Use((http, next) =>
        {
            PreferCompressed(http.Request, files);
            return next(http);
        });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            ContentTypeProvider = new CompressedContentTypes(types),
            OnPrepareResponse = context => Describe(context.Context.Response, context.File.Name),
        });
    }

    private static void PreferCompressed(HttpRequest request, IFileProvider files)
    {
        var accepted = request.Headers.AcceptEncoding.ToString();
        foreach (var (name, suffix) in Encodings)
        {
            if (accepted.Contains(name, StringComparison.OrdinalIgnoreCase) && files.GetFileInfo(request.Path + suffix).Exists)
            {
                request.Path += suffix;
                return;
            }
        }
    }

    private static void Describe(HttpResponse response, string file)
    {
        foreach (var (name, suffix) in Encodings)
        {
            if (file.EndsWith(suffix, StringComparison.Ordinal))
                response.Headers.ContentEncoding = name;
        }

        response.Headers.Vary = "Accept-Encoding";
        // The build puts a hash of the content into every name but the index's and the icon's.
        response.Headers.CacheControl = file.StartsWith("index.", StringComparison.Ordinal) || file.StartsWith("favicon.", StringComparison.Ordinal)
            ? "no-cache"
            : "private, max-age=31536000, immutable";
    }

    /// <summary><c>main-4F2A.js.br</c> is JavaScript.</summary>
    private sealed class CompressedContentTypes(FileExtensionContentTypeProvider types) : IContentTypeProvider
    {
        public bool TryGetContentType(string subpath, out string contentType)
        {
            var suffix = Encodings.FirstOrDefault(encoding => subpath.EndsWith(encoding.Suffix, StringComparison.Ordinal)).Suffix ?? "";
            return types.TryGetContentType(subpath[..^suffix.Length], out contentType!);
        }
    }
}
