using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Hosting;

namespace LLMos.Server.Volumes;

internal static class FolderEndpoints
{
    private const int MostListed = 10_000;

    // What one page may take in memory: long paths make it shorter.
    private const long MostPageBytes = 16 * 1024 * 1024;

    public static void MapFolderEndpoints(this RouteGroupBuilder volumes)
    {
        volumes.MapGet("/{volume}/stat/{**path}", Stat).ProducesProblem(StatusCodes.Status404NotFound);
        volumes.MapGet("/{volume}/folders/{**path}", List).ProducesProblem(StatusCodes.Status404NotFound);
        volumes.MapPut("/{volume}/folders/{**path}", Make).Produces<Entry>().Produces<Entry>(StatusCodes.Status201Created);
        volumes.MapDelete("/{volume}/folders/{**path}", Delete);
        volumes.MapPost("/move", Move);
        volumes.MapPost("/copy", Copy);
    }

    private static Entry Stat(string volume, string? path, Caller caller, VolumeFiles files)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        return VolumeAnswers.Of(at, files.Stat(caller, at));
    }

    private static async Task<FolderListing> List(string volume, string? path, Caller caller, VolumeFiles files, AnswerRoom room, HttpContext http, string? after = null, int limit = 1000)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        var each = VolumeAnswers.WeightOf(at.ToString().Length);
        var page = files.List(caller, at, after, (int)Math.Clamp(limit, 1, Math.Min(MostListed, MostPageBytes / each)));
        await room.TakeAsync(http, caller.AccountId, page.Entries.Count * each);
        return new(at.ToString(), page.Sequence, page.Folder.Count, [.. VolumeAnswers.In(at, page.Entries)], page.Next);
    }

    private static async Task<IResult> Make(string volume, string? path, Caller caller, VolumeFiles files)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        var isNew = files.Find(caller, at) is null;
        var folder = await files.MakeFolderAsync(caller, at, makeFolders: true);
        return TypedResults.Json(VolumeAnswers.Of(at, folder), statusCode: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<BinnedEntry> Delete(string volume, string? path, Caller caller, VolumeFiles files, bool recursive = false)
    {
        var at = VolumePath.Parse(volume, path ?? "");
        if (files.Stat(caller, at) is FileNode)
            throw VolumeErrors.IsFile(at);
        return VolumeAnswers.Of(await files.DeleteAsync(caller, at, WriteCondition.None, recursive));
    }

    private static async Task<Entry> Move(MoveRequest request, Caller caller, VolumeFiles files)
    {
        var (from, to) = (VolumePath.Parse(request.From), VolumePath.Parse(request.To));
        return VolumeAnswers.Of(to, await files.MoveAsync(caller, from, to, request.Overwrite, makeFolders: true));
    }

    private static async Task<Entry> Copy(MoveRequest request, Caller caller, VolumeFiles files)
    {
        var (from, to) = (VolumePath.Parse(request.From), VolumePath.Parse(request.To));
        return VolumeAnswers.Of(to, await files.CopyAsync(caller, from, to, request.Overwrite, makeFolders: true));
    }
}
