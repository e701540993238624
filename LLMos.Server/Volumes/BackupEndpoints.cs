using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage.Backups;

namespace LLMos.Server.Volumes;

internal static class BackupEndpoints
{
    public static void MapBackupEndpoints(this IEndpointRouteBuilder api)
    {
        var backups = api.MapGroup("/system/backups").WithTags("System").RequireRole(Role.Administrator);
        backups.MapGet("/", List);
        backups.MapPost("/", Make).Produces<BackupManifest>(StatusCodes.Status201Created);
    }

    private static BackupList List(BackupStore backups) => new(backups.List());

    private static async Task<IResult> Make(BackupStore backups, CancellationToken cancellation) =>
        TypedResults.Json(await backups.MakeAsync(cancellation), statusCode: StatusCodes.Status201Created);
}
