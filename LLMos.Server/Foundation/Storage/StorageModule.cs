using LLMos.Server.Foundation.Storage.Backups;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LLMos.Server.Foundation.Storage;

public static class StorageModule
{
    /// <summary>Opens the database when the server starts, so that a wrong folder stops it with a sentence, and closes it last.</summary>
    public static WebApplicationBuilder AddStorage(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<StorageOptions>()
            .BindConfiguration(StorageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<Database>();
        builder.Services.AddSingleton<DeletionHold>();
        builder.Services.AddSingleton<CacheFolder>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<RunningTime>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<RunningTime>());
        builder.Services.AddSingleton<BackupStore>();
        builder.Services.AddHostedService<OpenAtStart>();
        return builder;
    }

    // Hosted services are made before any of them starts; asking for the database is all it takes.
    private sealed class OpenAtStart(Database database) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            database.Read(_ => true);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
