using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Compresses the API's JSON for clients that ask for it.</summary>
internal static class CompressedAnswers
{
    public static void AddCompressedAnswers(this IServiceCollection services)
    {
        services.AddResponseCompression(options =>
        {
            // No answer has a secret beside what another site's page can put into it: a foreign request comes without the cookie.
            options.EnableForHttps = true;
            options.MimeTypes = ["application/json"];
        });
        // Answers are made anew each time: what the best compression saves is less than it costs.
        services.Configure<BrotliCompressionProviderOptions>(options => options.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(options => options.Level = CompressionLevel.Fastest);
    }

    /// <remarks>Files are sent as they are: their tags, lengths, ranges and digests are those of their bytes.</remarks>
    public static void UseCompressedAnswers(this WebApplication app) =>
        app.UseWhen(http => http.Request.Path.StartsWithSegments("/api/v1", out var rest) && !IsFile(rest), api => api.UseResponseCompression());

    private static bool IsFile(PathString route) =>
        route.StartsWithSegments("/volumes", out var rest) && rest.Value!.Split('/', 4) is [_, _, "files" or "export", ..];
}
