using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Storage.Backups;

namespace LLMos.Server.Volumes;

internal static class VolumesModule
{
    public static readonly string[] Collections =
        [VolumeDocuments.Nodes, VolumeDocuments.Versions, VolumeDocuments.Contents, VolumeDocuments.Changes, VolumeDocuments.Volumes];

    public static void AddVolumes(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<VolumeOptions>().BindConfiguration(VolumeOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        foreach (var collection in Collections)
            services.AddSingleton(new StoreCollection(collection));
        services.AddSingleton<ContentStore>();
        services.AddSingleton<IBackupCheck, VolumeBackupCheck>();
        services.AddSingleton<VolumeHistory>();
        services.AddSingleton<VolumeStore>();
        services.AddSingleton<IRemains, FormerVolumes>();
        services.AddSingleton<SystemVolume>();
        services.AddSingleton<DraftBook>();
        services.AddSingleton<VolumeFiles>();
        services.AddSingleton<VolumeSearch>();
        services.AddSingleton<VolumeCheck>();
        services.AddSingleton<ArchiveSlots>();
        services.AddSingleton<ZipExport>();
        services.AddSingleton<ZipImport>();
        services.AddHostedService<CheckAtStart>();
        services.AddSingleton<VolumeTidying>();
        services.AddHostedService(provider => provider.GetRequiredService<VolumeTidying>());
    }

    public static void MapVolumes(this WebApplication app, IEndpointRouteBuilder api)
    {
        var volumes = api.MapVolumeEndpoints();
        volumes.MapFileEndpoints();
        volumes.MapFolderEndpoints();
        volumes.MapBinEndpoints();
        volumes.MapZipEndpoints();
        api.MapBackupEndpoints();
        app.MapHub<VolumeHub>("/hubs/volumes").RequireRole(Role.Viewer);
    }

    // It tells the log what it finds, or that it could not look, and the server starts: what is whole can be read.
    private sealed class CheckAtStart(VolumeCheck check, ILogger<VolumeCheck> log) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            try
            {
                await check.QuickAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // A server that could not start takes no notice of a check that it stopped itself.
            }
            catch (Exception failure)
            {
                log.CheckFailed(failure);
            }
        }
    }
}
