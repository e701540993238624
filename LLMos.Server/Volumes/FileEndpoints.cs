using LLMos.Server.Accounts;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LLMos.Server.Volumes;

internal static class FileEndpoints
{
    // Whatever a file is, it runs nothing and loads nothing, and is no page of this server's.
    private const string Policy = "default-src 'none'; sandbox";

    public static void MapFileEndpoints(this RouteGroupBuilder volumes)
    {
        volumes.MapMethods("/{volume}/files/{**path}", ["GET", "HEAD"], Read).Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound);
        volumes.MapPut("/{volume}/files/{**path}", Write).WithMetadata(new WriteHeaders(Conditions: true, Digest: true)).Produces<Entry>().Produces<Entry>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        volumes.MapPost("/{volume}/files/{**path}", Append).WithMetadata(new WriteHeaders(Conditions: true)).Produces<Entry>().Produces<Entry>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        volumes.MapDelete("/{volume}/files/{**path}", Delete).WithMetadata(new WriteHeaders(Conditions: true));
        volumes.MapGet("/{volume}/history/{**path}", History);
        volumes.MapPost("/restore", Restore).WithMetadata(new WriteHeaders(Conditions: true));
    }

    private static IResult Read(string volume, string? path, Caller caller, VolumeFiles files, HttpContext http, int? version = null, string? download = null)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        var (type, isShown) = ServedType.Of(VolumeAnswers.MediaTypeOf(at.Name));
        var name = isShown && (download is null or "0" or "false") ? null : at.Name;
        Confine(http.Response);
        // The framework takes any unit for bytes; one that is not known is to be ignored (RFC 9110 14.2).
        if (http.Request.GetTypedHeaders().Range is { } range && !range.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase))
            http.Request.Headers.Range = default;
        return files.Read<IResult>(caller, at, version, (file, state) =>
        {
            var tag = EntityTags.Of(new(file.Id, state.Number));
            if (state.Length <= ContentStore.MostInline)
                return files.TryReadSmall(state) is { } bytes ? TypedResults.Bytes(bytes, type, name, enableRangeProcessing: true, state.ModifiedAt, tag) : null;
            return files.TryOpen(state) is { } content ? TypedResults.Stream(content, type, name, state.ModifiedAt, tag, enableRangeProcessing: true) : null;
        });
    }

    private static async Task<JsonHttpResult<Entry>> Write(string volume, string? path, Caller caller, VolumeFiles files, HttpContext http)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        var body = BodyOf(http, files);
        files.RequireRoom(caller, at, http.Request.ContentLength ?? 0, appends: false);
        var condition = EntityTags.ConditionOf(http.Request) with { Content = WriteHeaders.DigestOf(http.Request) };
        var file = await files.WriteAsync(caller, at, body, condition, makeFolders: true, http.RequestAborted);
        return Written(at, file, http.Response);
    }

    private static async Task<JsonHttpResult<Entry>> Append(string volume, string? path, Caller caller, VolumeFiles files, HttpContext http)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        var body = BodyOf(http, files);
        files.RequireRoom(caller, at, http.Request.ContentLength ?? 0, appends: true);
        var file = await files.AppendAsync(caller, at, body, EntityTags.ConditionOf(http.Request), makeFolders: true, http.RequestAborted);
        return Written(at, file, http.Response);
    }

    private static async Task<BinnedEntry> Delete(string volume, string? path, Caller caller, VolumeFiles files, HttpRequest request)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        files.StatFile(caller, at);
        return VolumeAnswers.Of(await files.DeleteAsync(caller, at, EntityTags.ConditionOf(request), recursive: false));
    }

    private static FileHistory History(string volume, string? path, Caller caller, VolumeFiles files)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        return VolumeAnswers.HistoryOf(at, files.StatFile(caller, at).File);
    }

    private static async Task<Entry> Restore(RestoreVersionRequest request, Caller caller, VolumeFiles files, HttpRequest http)
    {
        var at = VolumePath.Parse(request.Path);
        return VolumeAnswers.Of(at, await files.RestoreAsync(caller, at, request.Version, EntityTags.ConditionOf(http)));
    }

    public static void Confine(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        // It may change at any time, and what is kept must be asked for again.
        response.Headers.CacheControl = "private, no-cache";
    }

    /// <summary>The body, which may be as long as a file; one that says it is longer is refused before it is read.</summary>
    public static Stream BodyOf(HttpContext http, VolumeFiles files)
    {
        if (http.Request.ContentLength > files.MostFileBytes)
            throw VolumeErrors.FileTooLarge(files.MostFileBytes);
        // Who reads it counts. Kestrel would count what divides a body without a length, too.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        return http.Request.Body;
    }

    private static JsonHttpResult<Entry> Written(VolumePath path, FileNode file, HttpResponse response)
    {
        response.Headers.ETag = EntityTags.Of(file.Tag).ToString();
        return TypedResults.Json(VolumeAnswers.Of(path, file), statusCode: file.Current.Number == 1 ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }
}
