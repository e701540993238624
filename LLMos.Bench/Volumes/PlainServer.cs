using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

namespace LLMos.Bench.Volumes;

/// <summary>The peer of the volumes over REST, in a process of its own: the simplest server that takes files, durably, and gives them.</summary>
internal static class PlainServer
{
    public const string Argument = "--plain-server";

    public static async Task ServeAsync(string address, string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        await using var app = builder.Build();
        using var files = new PlainFiles(folder);
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(folder),
            RequestPath = "/static",
            ContentTypeProvider = new FileExtensionContentTypeProvider(),
        });
        app.MapPut("/files/{name}", async (string name, HttpRequest request) =>
        {
            using var content = new MemoryStream();
            await request.Body.CopyToAsync(content);
            files.Write(name, content.ToArray());
            return Results.StatusCode(StatusCodes.Status201Created);
        });
        await app.RunAsync();
    }
}
