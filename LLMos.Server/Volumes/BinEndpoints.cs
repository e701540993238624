using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LLMos.Server.Volumes;

internal static class BinEndpoints
{
    private const int MostListed = 10_000;

    // What one page may take in memory: long paths make it shorter.
    private const long MostPageBytes = 16 * 1024 * 1024;

    public static void MapBinEndpoints(this RouteGroupBuilder volumes)
    {
        volumes.MapGet("/{volume}/bin", List);
        volumes.MapDelete("/{volume}/bin", Empty);
        volumes.MapDelete("/{volume}/bin/{entry:long}", Purge).ProducesProblem(StatusCodes.Status404NotFound);
        volumes.MapPost("/{volume}/bin/{entry:long}/restore", Undelete).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<BinListing> List(string volume, Caller caller, VolumeFiles files, AnswerRoom room, HttpContext http, long after = long.MaxValue, int limit = 1000)
    {
        var entries = files.Bin(caller, VolumePath.Parse(volume, "").Volume).ToList();
        var (page, weight) = (new List<BinEntry>(), 0L);
        foreach (var entry in entries.Where(entry => entry.Id < after).Take(Math.Clamp(limit, 1, MostListed)).TakeWhile(_ => weight < MostPageBytes))
        {
            page.Add(entry);
            weight += VolumeAnswers.WeightOf(entry.Path.Length);
        }

        await room.TakeAsync(http, caller.AccountId, weight);
        return new(entries.Count, [.. page.Select(VolumeAnswers.Of)], page.Count > 0 && page[^1].Id > entries[^1].Id ? page[^1].Id : null);
    }

    private static async Task<NoContent> Empty(string volume, Caller caller, VolumeFiles files)
    {
        await files.EmptyBinAsync(caller, VolumePath.Parse(volume, "").Volume);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Purge(string volume, long entry, Caller caller, VolumeFiles files)
    {
        await files.PurgeAsync(caller, VolumePath.Parse(volume, "").Volume, entry);
        return TypedResults.NoContent();
    }

    private static async Task<Entry> Undelete(string volume, long entry, UndeleteRequest request, Caller caller, VolumeFiles files)
    {
        var kind = VolumePath.Parse(volume, "").Volume;
        var to = request.To is null ? null : VolumePath.Parse(request.To);
        var path = to ?? files.PathOf(caller, kind, entry);
        return VolumeAnswers.Of(path, await files.UndeleteAsync(caller, kind, entry, to));
    }
}
