using LLMos.Server.Accounts;
using LLMos.Server.Devices.Lent;
using LLMos.Server.Devices.Rfc2217;
using LLMos.Server.Foundation.Storage;
using Microsoft.AspNetCore.SignalR;

namespace LLMos.Server.Devices;

internal static class DevicesModule
{
    // More than a write may have, so that one that is too large is refused instead of ending the connection.
    private const int MaxHubMessageBytes = 2 * 1024 * 1024;

    public static void AddDevices(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<DeviceOptions>().BindConfiguration(DeviceOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(new StoreCollection(DeviceRegistry.Collection));
        services.AddSignalR().AddHubOptions<DeviceHub>(options => options.MaximumReceiveMessageSize = MaxHubMessageBytes);
        services.AddSingleton<DeviceRegistry>();
        services.AddSingleton<IRemains>(provider => provider.GetRequiredService<DeviceRegistry>());
        services.AddSingleton<LentLines>();
        services.AddSingleton<Rfc2217Doors>();
        services.AddHostedService<Announcer>();
        services.AddHostedService(provider => provider.GetRequiredService<DeviceRegistry>());
    }

    public static void MapDevices(this WebApplication app, IEndpointRouteBuilder api)
    {
        api.MapDeviceEndpoints();
        app.MapHub<DeviceHub>("/hubs/devices").RequireRole(Role.Viewer);
    }

    private sealed class Announcer(DeviceRegistry registry, IHubContext<DeviceHub> hub) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            registry.Changed += Announce;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            registry.Changed -= Announce;
            return Task.CompletedTask;
        }

        // Not awaited: a line must not wait for a slow browser. What is missed, the page reads from the list when it reconnects.
        private void Announce(Device device) => _ = hub.Clients.All.SendAsync("deviceChanged", device.Summarize());
    }
}
