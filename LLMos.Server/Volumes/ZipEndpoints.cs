using LLMos.Server.Accounts;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LLMos.Server.Volumes;

internal static class ZipEndpoints
{
    private const string Zip = "application/zip";

    public static void MapZipEndpoints(this RouteGroupBuilder volumes)
    {
        volumes.MapGet("/{volume}/export/{**path}", Export).Produces(StatusCodes.Status200OK, contentType: Zip).ProducesProblem(StatusCodes.Status404NotFound);
        volumes.MapPost("/{volume}/import/{**path}", Import).ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<PushStreamHttpResult> Export(string volume, string? path, Caller caller, VolumeFiles files, ZipExport export, ArchiveSlots slots, HttpContext http)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        var folder = files.Stat(caller, at) as FolderNode ?? throw VolumeErrors.IsFile(at);
        http.Response.RegisterForDispose(await slots.TakeAsync(caller, TimeSpan.Zero, http.RequestAborted));
        FileEndpoints.Confine(http.Response);
        // The archive's streams write their last bytes when they are disposed, and .NET 10 does that without waiting asynchronously.
        if (http.Features.Get<IHttpBodyControlFeature>() is { } control)
            control.AllowSynchronousIO = true;
        return TypedResults.Stream(target => export.WriteAsync(caller, at, folder, target, http.RequestAborted), Zip, $"{at.Name}.zip");
    }

    private static async Task<ImportResult> Import(
        string volume, string? path, Caller caller, VolumeFiles files, ZipImport import, HttpContext http, bool overwrite = false, string? names = null)
    {
        var at = VolumeAccess.ToWrite(caller, VolumePath.Parse(volume, path ?? "")).Path;
        var encoding = names is null ? null : ZipNames.Find(names) ?? throw VolumeErrors.ArchiveEncodingUnknown(names);
        return await import.ReadAsync(caller, at, FileEndpoints.BodyOf(http, files), overwrite, encoding, http.RequestAborted);
    }
}
