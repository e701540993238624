using System.Net.Http.Json;
using System.Text;
using LLMos.Server.Devices;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Devices;

/// <summary>What the tests ask of a server with devices.</summary>
internal static class DevicesServer
{
    public static DeviceRegistry Registry(this LLMosServer server) => server.Services.GetRequiredService<DeviceRegistry>();

    /// <summary>Waits until the device at a port is ready.</summary>
    public static async Task<Device> PortAsync(this LLMosServer server, string path)
    {
        await Eventually.HoldsAsync(() => server.Registry().All.Any(device => device.Identity.Path == path && device.IsReady), "the port is open");
        return server.Registry().All.Single(device => device.Identity.Path == path);
    }

    /// <summary>Waits until a virtual board has booted.</summary>
    public static async Task<Device> VirtualAsync(this LLMosServer server, string id = "virtual-1")
    {
        await Eventually.HoldsAsync(() => server.Registry().All.Any(device => device.Identity.Id == id && Received(device).Contains("llmos: ready", StringComparison.Ordinal)), "the virtual board has booted");
        return server.Registry().Get(id);
    }

    /// <summary>All that a board has sent, as text.</summary>
    public static string Received(Device device) => Encoding.UTF8.GetString(BytesOf(device, "received"));

    public static byte[] BytesOf(Device device, string kind) => [.. EventsOf(device).Where(happened => happened.Kind == kind).SelectMany(happened => happened.Data!)];

    /// <summary>All that was recorded, a page after the other.</summary>
    public static IEnumerable<DeviceEvent> EventsOf(Device device)
    {
        for (var after = 0L; device.Log.Read(after, int.MaxValue) is { Count: > 0 } page; after = page[^1].Sequence)
        {
            foreach (var happened in page)
                yield return happened;
        }
    }

    public static async Task<string> LeaseAsync(this HttpClient client, string device, LeaseRequest? request = null)
    {
        using var answer = await client.PostAsJsonAsync($"/api/v1/devices/{device}/lease", request ?? new());
        return (await answer.ReadAsync<LeaseAnswer>()).LeaseId;
    }

    public static Task<HttpResponseMessage> AskAsync(this HttpClient client, string device, string what, object body) =>
        client.PostAsJsonAsync($"/api/v1/devices/{device}/{what}", body);
}
