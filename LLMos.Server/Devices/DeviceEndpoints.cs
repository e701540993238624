using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Devices.Rfc2217;
using LLMos.Server.Foundation.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LLMos.Server.Devices;

internal static class DeviceEndpoints
{
    private const int MostEvents = 1000;

    public static void MapDeviceEndpoints(this IEndpointRouteBuilder api)
    {
        var devices = api.MapGroup("/devices").WithTags("Devices").RequireRole(Role.Viewer);
        devices.MapGet("/", (DeviceRegistry registry) => registry.All.Select(device => device.Summarize()).ToArray());
        devices.MapGet("/{id}", (string id, DeviceRegistry registry) => registry.Get(id).Summarize());
        devices.MapGet("/{id}/log", Log);
        devices.MapGet("/{id}/log/download", Download);
        devices.MapGet("/{id}/log/search", Search);

        var members = api.MapGroup("/devices/{id}").WithTags("Devices").RequireRole(Role.Member);
        members.MapPatch("/", Describe);
        members.MapDelete("/", Remove);
        members.MapPost("/expect", (string id, ExpectDeviceRequest request, Caller caller, DeviceRegistry registry, CancellationToken cancellation) => registry.Get(id).Commands.ExpectAsync(caller, request, cancellation));
        members.MapPost("/lease", TakeLease);
        members.MapPost("/lease/release", Release);
        members.MapPost("/lease/renew", Renew);
        members.MapPost("/write", Write);
        members.MapPost("/command", (string id, CommandDeviceRequest request, Caller caller, DeviceRegistry registry, CancellationToken cancellation) => registry.Get(id).Commands.SendAsync(caller, request, cancellation));
        members.MapPost("/settings", Configure);
        members.MapPost("/signals", Signal);
        members.MapPost("/reset", Reset);
        members.MapPost("/rfc2217", (string id, LeaseUse use, Caller caller, DeviceRegistry registry, Rfc2217Doors doors, HttpRequest http) => doors.Open(registry.Get(id), caller, use.LeaseId, http.Host.Host));
    }

    private static async Task<DeviceEvents> Log(string id, Caller caller, DeviceRegistry registry, AnswerRoom room, HttpContext http, long after = 0, int limit = MostEvents)
    {
        var log = registry.Get(id).Log;
        await room.TakeAsync(http, caller.AccountId, Math.Min(log.Bytes, DeviceLog.MostPageBytes) * DeviceLog.BytesForByte);
        return new(log.Read(after, Math.Clamp(limit, 1, MostEvents)), log.Last, log.First);
    }

    private static async Task<PushStreamHttpResult> Download(string id, Caller caller, DeviceRegistry registry, AnswerRoom room, HttpContext http, CancellationToken cancellation, string format = "text", long after = 0)
    {
        var device = registry.Get(id);
        if (!LogDownload.Formats.TryGetValue(format, out var file))
            throw DeviceErrors.ArgumentInvalid("format", string.Join(", ", LogDownload.Formats.Keys));
        device.Log.Read(after, 1);
        await room.TakeAsync(http, caller.AccountId, DeviceLog.MostPageBytes * DeviceLog.BytesForByte);
        return TypedResults.Stream(to => LogDownload.WriteAsync(device.Log, device.Name, format, after, to, cancellation), file.Type, $"{device.Identity.Id}.{file.Extension}");
    }

    private static async Task<DeviceSummary> Describe(string id, DescribeDeviceRequest request, Caller caller, DeviceRegistry registry) => (await registry.DescribeAsync(caller, id, request)).Summarize();

    private static async Task<DeviceFindings> Search(string id, Caller caller, DeviceRegistry registry, AnswerRoom room, HttpContext http, string? pattern, long after = 0)
    {
        await room.TakeAsync(http, caller.AccountId, LogSearch.MostAnswerBytes * DeviceLog.BytesForByte);
        return await registry.Get(id).Search.FindAsync(DeviceCommands.Compile(pattern), after, http.RequestAborted);
    }

    private static async Task<NoContent> Remove(string id, Caller caller, DeviceRegistry registry)
    {
        await registry.RemoveAsync(caller, id);
        return TypedResults.NoContent();
    }

    private static async Task<LeaseAnswer> TakeLease(string id, LeaseRequest request, Caller caller, DeviceRegistry registry, CancellationToken cancellation) =>
        Of(await registry.Get(id).Leases.TakeAsync(caller, LeaseRequest.Checked(request), connection: null, cancellation));

    private static LeaseAnswer Renew(string id, LeaseUse use, Caller caller, DeviceRegistry registry) => Of(registry.Get(id).Leases.Require(caller, use.LeaseId));

    private static NoContent Release(string id, LeaseUse use, Caller caller, DeviceRegistry registry)
    {
        registry.Get(id).Leases.Release(caller, use.LeaseId);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Write(string id, WriteDeviceRequest request, Caller caller, DeviceRegistry registry)
    {
        if (request.Text is null == request.Data is null)
            throw DeviceErrors.ArgumentInvalid("exactly one of text and data", "given");
        await registry.Get(id).WriteAsync(caller, request.LeaseId, request.Data ?? Encoding.UTF8.GetBytes(request.Text!));
        return TypedResults.NoContent();
    }

    private static async Task<DeviceSummary> Configure(string id, ConfigureDeviceRequest request, Caller caller, DeviceRegistry registry)
    {
        var device = registry.Get(id);
        await device.ConfigureAsync(caller, request.LeaseId, SettingNames.Read(request.Settings));
        return device.Summarize();
    }

    private static async Task<NoContent> Signal(string id, SignalDeviceRequest request, Caller caller, DeviceRegistry registry)
    {
        await registry.Get(id).SignalAsync(caller, request.LeaseId, new(request.Dtr, request.Rts, request.Break));
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Reset(string id, ResetDeviceRequest request, Caller caller, DeviceRegistry registry)
    {
        await registry.Get(id).ResetAsync(caller, request.LeaseId, new(request.Mode, request.Sequence));
        return TypedResults.NoContent();
    }

    private static LeaseAnswer Of(Lease lease) => new(lease.Id, lease.ExpiresAt);
}
