using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

internal static class VolumeEndpoints
{
    private const int MostChanges = 1000;

    public static RouteGroupBuilder MapVolumeEndpoints(this IEndpointRouteBuilder api)
    {
        var volumes = api.MapGroup("/volumes").WithTags("Volumes").RequireRole(Role.Viewer);
        volumes.AddEndpointFilter(WriteHeaders.CheckAsync);
        volumes.MapGet("/", List);
        volumes.MapGet("/{volume}/changes", Changes);
        volumes.MapGet("/{volume}/search", Search);
        volumes.MapPost("/check", Check).RequireRole(Role.Administrator);
        return volumes;
    }

    private static VolumeList List(Caller caller, VolumeFiles files, IOptions<VolumeOptions> options) => new(
        [.. Enum.GetValues<VolumeKind>().Select(volume => VolumeAnswers.Of(files.Tree(caller, volume), volume, VolumeAccess.MayWrite(caller, volume), options.Value))],
        files.MostFileBytes, options.Value.MaxFolderEntries, options.Value.FormerVersions, options.Value.KeptDays);

    private static async Task<ChangeListing> Changes(string volume, Caller caller, VolumeFiles files, AnswerRoom room, HttpContext http, long after = 0, int limit = MostChanges)
    {
        var kind = VolumePath.Parse(volume, "").Volume;
        var changes = files.Changes(caller, kind, after, Math.Clamp(limit, 1, MostChanges));
        await room.TakeAsync(http, caller.AccountId, VolumeAnswers.WeightOf(changes));
        return new([.. changes.Select(VolumeAnswers.Of)], files.Tree(caller, kind).Sequence);
    }

    private static async Task<SearchResult> Search(string volume, Caller caller, VolumeFiles files, VolumeSearch search, AnswerRoom room, HttpContext http, string q, string @in = "name", string folder = "", int limit = 100)
    {
        var at = VolumePath.Parse(volume, folder);
        await room.TakeAsync(http, caller.AccountId, VolumeSearch.MostAnswerBytes);
        return await search.FindAsync(at, files.Stat(caller, at), q, @in, limit, http.RequestAborted);
    }

    private static async Task<CheckAnswer> Check(VolumeCheck check, CancellationToken cancellation) => VolumeAnswers.Of(await check.DeepAsync(cancellation));
}
