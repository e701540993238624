using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Devices;

/// <summary>Asks a board and waits for what it says. One question at a time: the protocol's replies do not say what they answer.</summary>
/// <remarks>It reads the device's log as everybody does, from the number before the question.</remarks>
internal sealed class DeviceCommands(Device device, DeviceOptions options, TimeProvider time) : IDisposable
{
    private const int MostPattern = 1000;

    private readonly SemaphoreSlim _asking = new(1);
    private int _waiting;
    private long _ids;
    private bool _echoesIds, _isDirty;

    /// <summary>Sends a command of the JSON protocol and returns its reply.</summary>
    /// <exception cref="DomainException"><c>devices.command_timeout</c>, <c>devices.restarted</c>, <c>devices.gone</c>, <c>devices.busy</c>, and all of a write.</exception>
    public Task<CommandAnswer> SendAsync(Caller caller, CommandDeviceRequest request, CancellationToken cancellation)
    {
        if (request.TimeoutSeconds is not (>= 0.1 and <= 60))
            throw DeviceErrors.ArgumentInvalid("timeoutSeconds", "0.1 to 60");
        return InTurnAsync(async () =>
        {
            // An answer that comes too late would pass for the next one's.
            if (_isDirty && !_echoesIds)
                await AskAsync(caller, request.LeaseId, new JsonObject { ["action"] = "get_info" }, TimeSpan.FromSeconds(2), reply => reply.ContainsKey("device") || reply.ContainsKey("firmware"), cancellation);
            _isDirty = false;
            return await AskAsync(caller, request.LeaseId, request.Command, TimeSpan.FromSeconds(request.TimeoutSeconds), _ => true, cancellation);
        }, cancellation);
    }

    /// <summary>Waits until the board has printed something.</summary>
    /// <exception cref="DomainException"><c>devices.pattern_invalid</c>, <c>devices.argument_invalid</c>, <c>devices.after_invalid</c>, <c>devices.busy</c>, and all of a write when something is sent.</exception>
    public async Task<ExpectAnswer> ExpectAsync(Caller caller, ExpectDeviceRequest request, CancellationToken cancellation)
    {
        if (request.TimeoutSeconds is not (>= 0.1 and <= 300))
            throw DeviceErrors.ArgumentInvalid("timeoutSeconds", "0.1 to 300");
        if (request.Kilobytes is not (>= 1 and <= 1024))
            throw DeviceErrors.ArgumentInvalid("kilobytes", "1 to 1024");
        var pattern = Compile(request.Pattern);
        if (Interlocked.Increment(ref _waiting) > options.MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw DeviceErrors.Busy(options.MaxWaiting);
        }

        try
        {
            var events = device.Log.WatchAsync(request.After ?? device.Log.Last, () => true, cancellation);
            if (request.Send is not null)
                await device.WriteAsync(caller, request.LeaseId, Encoding.UTF8.GetBytes(request.Send));
            return await FindAsync(pattern, events, request.Kilobytes * 1024, TimeSpan.FromSeconds(request.TimeoutSeconds), cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _asking.Dispose();

    private async Task<CommandAnswer> AskAsync(
        Caller caller, string lease, JsonObject command, TimeSpan longest, Predicate<JsonObject> fits, CancellationToken cancellation)
    {
        command = command.DeepClone().AsObject();
        command["id"] ??= ++_ids;
        var (after, started) = (device.Log.Last, time.GetTimestamp());
        await device.WriteAsync(caller, lease, Encoding.UTF8.GetBytes(command.ToJsonString() + "\n"));
        var matcher = new ReplyMatcher(command, _echoesIds);
        _isDirty = true;
        await foreach (var happened in WithinAsync(device.Log.WatchAsync(after, () => true, cancellation), longest, cancellation))
        {
            if (happened.Kind == "state")
                throw DeviceErrors.Gone();
            var finding = happened.Kind == "received" ? matcher.Take(happened.Data) : ReplyMatcher.Finding.Nothing;
            if (finding == ReplyMatcher.Finding.Nothing || (finding == ReplyMatcher.Finding.Reply && !fits(matcher.Reply!)))
                continue;
            _isDirty = false;
            if (finding == ReplyMatcher.Finding.Restarted)
                throw DeviceErrors.Restarted();
            _echoesIds |= matcher.EchoedId;
            return new(matcher.Reply!, time.GetElapsedTime(started).TotalMilliseconds, happened.Sequence);
        }

        throw DeviceErrors.CommandTimeout(longest.TotalSeconds);
    }

    private async Task<ExpectAnswer> FindAsync(Regex pattern, IAsyncEnumerable<DeviceEvent[]> events, int most, TimeSpan longest, CancellationToken cancellation)
    {
        var (seen, sequence) = (new List<byte>(), 0L);
        await foreach (var happened in WithinAsync(events, longest, cancellation))
        {
            sequence = happened.Sequence;
            if (happened.Kind != "received")
                continue;
            seen.AddRange(happened.Data.AsSpan(0, Math.Min(happened.Data!.Length, most - seen.Count)));
            var text = Encoding.UTF8.GetString([.. seen]);
            if (pattern.Match(text) is { Success: true } match)
                return new(true, text[..(match.Index + match.Length)], [.. match.Groups.Values.Select(group => group.Value)], sequence);
            if (seen.Count >= most)
                break;
        }

        return new(false, Encoding.UTF8.GetString([.. seen]), [], sequence);
    }

    private async IAsyncEnumerable<DeviceEvent> WithinAsync(IAsyncEnumerable<DeviceEvent[]> batches, TimeSpan longest, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var over = new CancellationTokenSource(longest, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellation);
        await using var reader = batches.GetAsyncEnumerator(both.Token);
        while (true)
        {
            try
            {
                if (!await reader.MoveNextAsync())
                    yield break;
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                yield break;
            }

            foreach (var happened in reader.Current)
                yield return happened;
        }
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > options.MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw DeviceErrors.Busy(options.MaxWaiting);
        }

        try
        {
            await _asking.WaitAsync(cancellation);
            try
            {
                return await ask();
            }
            finally
            {
                _asking.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    // This engine's time is bounded by the text's length, whatever the pattern.
    /// <exception cref="DomainException"><c>devices.pattern_invalid</c>.</exception>
    public static Regex Compile(string? pattern)
    {
        if (pattern is not { Length: > 0 and <= MostPattern })
            throw DeviceErrors.PatternInvalid($"it has 1 to {MostPattern} characters.");
        try
        {
            return new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception refusal) when (refusal is ArgumentException or NotSupportedException)
        {
            throw DeviceErrors.PatternInvalid(refusal.Message);
        }
    }
}
