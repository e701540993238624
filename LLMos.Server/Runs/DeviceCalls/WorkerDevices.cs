using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs.DeviceCalls;

/// <summary>The devices as one worker uses them: those that it has open, and an answer to each of its calls.</summary>
/// <remarks>The worker is hostile: every right and rule is that of a <see cref="Device"/>, asked as the run's person.</remarks>
internal sealed class WorkerDevices(DeviceRegistry devices) : IDisposable
{
    public const int Most = 8;

    // An interrupt of the program waits for an answer.
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<int, OpenDevice> _open = [];
    private int _last;

    /// <summary>Answers one call, within a moment: what takes longer goes on, and is asked for again.</summary>
    /// <param name="bytes">What came with the call; then room for what goes with the answer.</param>
    /// <param name="caller">The run's person, by the run.</param>
    /// <exception cref="ProtocolException">The call is none that this worker may make.</exception>
    public async Task<DeviceAnswer> AnswerAsync(DeviceCall call, Memory<byte> bytes, Caller caller, CancellationToken cancellation)
    {
        try
        {
            if (call.Device == "list")
                return new() { Devices = [.. devices.All.Select(device => device.Summarize())] };
            if (call.Device == "open")
                return await OpenAsync(call, caller, cancellation);

            var open = _open.GetValueOrDefault(call.Handle!.Value) ?? throw new ProtocolException("a handle that is not open");
            open.Caller = caller;
            switch (call.Device)
            {
                case "poll":
                    break;
                case "close":
                    _open.Remove(call.Handle.Value);
                    open.Dispose();
                    return new();
                case "read":
                    return new() { Bytes = await open.ReadAsync(bytes[..call.Length], Moment, cancellation) };
                default:
                    open.Doing = open.Doing is null ? Begin(call, bytes, open, caller) : throw new ProtocolException("a call beside one that is not done");
                    break;
            }

            return await DoneAsync(call.Handle.Value, open, cancellation);
        }
        catch (DomainException refusal)
        {
            return new() { Error = refusal.Error.Code, Message = refusal.Error.Detail };
        }
    }

    public void Dispose()
    {
        foreach (var open in _open.Values)
            open.Dispose();
        _open.Clear();
    }

    private static Task<DeviceAnswer> Begin(DeviceCall call, Memory<byte> bytes, OpenDevice open, Caller caller) => call.Device switch
    {
        // A copy: the buffer is used again before all is written.
        "write" => Empty(open.Device.WriteAsync(caller, open.LeaseId, bytes[..call.Bytes].ToArray())),
        "command" => CommandAsync(call, open, caller),
        "reset" => Empty(open.Device.ResetAsync(caller, open.LeaseId, new(call.Mode!))),
        "settings" => Empty(open.Device.ConfigureAsync(caller, open.LeaseId, SettingNames.Read(call.Settings!))),
        _ => Empty(open.Device.SignalAsync(caller, open.LeaseId, new(call.Dtr, call.Rts, call.Break))),
    };

    private static async Task<DeviceAnswer> CommandAsync(DeviceCall call, OpenDevice open, Caller caller)
    {
        var request = new CommandDeviceRequest(open.LeaseId ?? "", call.Command!, call.TimeoutSeconds);
        return new() { Reply = (await open.Device.Commands.SendAsync(caller, request, CancellationToken.None)).Reply };
    }

    private static async Task<DeviceAnswer> Empty(Task task)
    {
        await task;
        return new();
    }

    private async Task<DeviceAnswer> OpenAsync(DeviceCall call, Caller caller, CancellationToken cancellation)
    {
        if (_open.Count >= Most)
            throw RunErrors.TooManyDevices(Most);
        if (caller.Role < Role.Member)
            throw AccountErrors.RoleRequired();
        var open = new OpenDevice(devices.Named(call.Name!), caller);
        _open.Add(++_last, open);
        open.Doing = open.TakeAsync(call);
        return await DoneAsync(_last, open, cancellation);
    }

    private async Task<DeviceAnswer> DoneAsync(int handle, OpenDevice open, CancellationToken cancellation)
    {
        if (open.Doing is not { } doing)
            throw new ProtocolException("a question for what was not asked");
        try
        {
            var answer = await doing.WaitAsync(Moment, cancellation);
            open.Doing = null;
            return answer with { Handle = handle };
        }
        catch (TimeoutException) when (!doing.IsCompleted)
        {
            return new() { Handle = handle, Pending = true };
        }
        catch (DomainException)
        {
            open.Doing = null;
            // It was not opened.
            if (open.LeaseId is null && _open.Remove(handle))
                open.Dispose();
            throw;
        }
    }
}
