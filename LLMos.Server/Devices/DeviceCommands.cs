using System.Diagnostics;
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

    // What is looked at of what the board has shown between two commands.
    private const int MostLookedBack = 1000;

    // Of one text, which has at most a mebibyte; and what a look at it may take of the time until the next, one part of so many.
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1), ClearingTimeout = TimeSpan.FromSeconds(2);
    private const int MatchShare = 10;

    private readonly SemaphoreSlim _asking = new(1);

    // Accounts, one for each request of theirs that waits for what the board prints.
    private readonly List<string> _expecting = [];
    private int _waiting;
    private long _ids, _askedAt;

    // Whether the firmware answers with the command's id, and whether an answer may come that nobody waits for.
    private bool _echoesIds, _isDirty;

    /// <summary>Sends a command of the JSON protocol and returns its reply.</summary>
    /// <exception cref="DomainException"><c>devices.command_timeout</c>, <c>devices.restarted</c>, <c>devices.gone</c>, <c>devices.busy</c>, and all of a write.</exception>
    public async Task<CommandAnswer> SendAsync(Caller caller, CommandDeviceRequest request, CancellationToken cancellation)
    {
        if (request.TimeoutSeconds is not (>= 0.1 and <= 60))
            throw DeviceErrors.ArgumentInvalid("timeoutSeconds", "0.1 to 60");
        if (request.Command is null)
            throw DeviceErrors.ArgumentInvalid("command", "an object");
        // Before a place is taken: those who may not ask must not stand in the way of who may.
        device.Leases.Require(caller, request.LeaseId);
        return await InTurnAsync(async () =>
        {
            LookBack();
            if (_isDirty && !_echoesIds)
                await ClearAsync(caller, request.LeaseId, cancellation);
            return await AskAsync(caller, request.LeaseId, request.Command, TimeSpan.FromSeconds(request.TimeoutSeconds), _ => true, cancellation);
        }, cancellation);
    }

    /// <summary>Waits until the board has printed something.</summary>
    /// <exception cref="DomainException"><c>devices.pattern_invalid</c>, <c>devices.argument_invalid</c>, <c>devices.after_invalid</c>, <c>devices.expects_busy</c>, and all of a write when something is sent.</exception>
    public async Task<ExpectAnswer> ExpectAsync(Caller caller, ExpectDeviceRequest request, CancellationToken cancellation)
    {
        if (request.TimeoutSeconds is not (>= 0.1 and <= 300))
            throw DeviceErrors.ArgumentInvalid("timeoutSeconds", "0.1 to 300");
        if (request.Kilobytes is not (>= 1 and <= 1024))
            throw DeviceErrors.ArgumentInvalid("kilobytes", "1 to 1024");
        var pattern = Compile(request.Pattern);
        if (request.Send is not null)
            device.Leases.Require(caller, request.LeaseId);
        BeginExpecting(caller);
        try
        {
            var events = device.Log.WatchAsync(request.After ?? device.Log.Last, () => true, admit: null, cancellation);
            if (request.Send is not null)
                await device.WriteAsync(caller, request.LeaseId, Encoding.UTF8.GetBytes(request.Send));
            return await FindAsync(pattern, events, request.Kilobytes * 1024, TimeSpan.FromSeconds(request.TimeoutSeconds), cancellation);
        }
        finally
        {
            lock (_expecting)
                _expecting.Remove(caller.AccountId);
        }
    }

    public void Dispose() => _asking.Dispose();

    private async Task<CommandAnswer> AskAsync(
        Caller caller, string lease, JsonObject command, TimeSpan longest, Predicate<JsonObject> fits, CancellationToken cancellation)
    {
        var line = Written(command, out command);
        var (after, started) = (device.Log.Last, time.GetTimestamp());
        await device.WriteAsync(caller, lease, line);
        var matcher = new ReplyMatcher(command, _echoesIds);
        (_isDirty, _askedAt) = (true, after);
        await foreach (var happened in WithinAsync(device.Log.WatchAsync(after, () => true, admit: null, cancellation), longest, cancellation))
        {
            _askedAt = happened.Sequence;
            if (IsAbsent(happened))
            {
                Forget();
                throw DeviceErrors.Gone();
            }

            var finding = happened.Kind == "received" ? matcher.Take(happened.Data) : ReplyMatcher.Finding.Nothing;
            if (finding == ReplyMatcher.Finding.Nothing || (finding == ReplyMatcher.Finding.Reply && !fits(matcher.Reply!)))
                continue;
            if (finding == ReplyMatcher.Finding.Restarted)
            {
                Forget();
                throw DeviceErrors.Restarted();
            }

            _isDirty = false;
            _echoesIds |= matcher.EchoedId;
            return new(matcher.Reply!, time.GetElapsedTime(started).TotalMilliseconds, happened.Sequence);
        }

        // Another firmware may be there, which does not know of ids.
        _echoesIds = false;
        throw DeviceErrors.CommandTimeout(longest.TotalSeconds);
    }

    // An answer that comes too late would pass for the next one's. Firmware that does not know the question is asked no more than this.
    private async Task ClearAsync(Caller caller, string lease, CancellationToken cancellation)
    {
        try
        {
            await AskAsync(caller, lease, new() { ["action"] = "get_info" }, ClearingTimeout, reply => reply.ContainsKey("device") || reply.ContainsKey("firmware"), cancellation);
        }
        catch (DomainException failure) when (failure.Error.Code is "devices.command_timeout" or "devices.restarted")
        {
            _isDirty = false;
        }
    }

    // A board that was away, reset or flashed since it was asked last owes no answer, and may have other firmware.
    private void LookBack()
    {
        if (!_isDirty && !_echoesIds)
            return;
        var since = device.Log.Read(Math.Min(_askedAt, device.Log.Last), MostLookedBack);
        var printed = Encoding.UTF8.GetString([.. since.Where(happened => happened.Kind == "received").SelectMany(happened => happened.Data!)]);
        if (ReplyMatcher.HasBooted(printed) || since.Any(happened => IsAbsent(happened) || happened.Kind == "reset" || happened is { Kind: "lease", Text: LeaseQueue.Flashes }))
            Forget();
        else if (since.Count == MostLookedBack)
            _echoesIds = false;
    }

    private void Forget() => _isDirty = _echoesIds = false;

    private static bool IsAbsent(DeviceEvent happened) => happened.Kind == "state" && happened.Text!.StartsWith(Device.Absent, StringComparison.Ordinal);

    /// <summary>A command as a line, with an id.</summary>
    private byte[] Written(JsonObject asked, out JsonObject command)
    {
        try
        {
            command = asked.DeepClone().AsObject();
            command["id"] ??= ++_ids;
            return Encoding.UTF8.GetBytes(command.ToJsonString() + "\n");
        }
        catch (Exception mistake) when (mistake is InvalidOperationException or ArgumentException)
        {
            // Half of a surrogate pair, or a name twice: both can be read, but not written.
            throw DeviceErrors.ArgumentInvalid("command", "an object of text in Unicode, each name once");
        }
    }

    private async Task<ExpectAnswer> FindAsync(Regex pattern, IAsyncEnumerable<DeviceEvent[]> events, int most, TimeSpan longest, CancellationToken cancellation)
    {
        var (seen, sequence, text) = (new List<byte>(), 0L, "");
        using var over = new CancellationTokenSource(longest, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellation);
        try
        {
            await foreach (var batch in events.WithCancellation(both.Token))
            {
                sequence = batch[^1].Sequence;
                var before = seen.Count;
                foreach (var happened in batch.Where(happened => happened.Kind == "received"))
                    seen.AddRange(happened.Data.AsSpan(0, Math.Min(happened.Data!.Length, most - seen.Count)));
                if (seen.Count == before)
                    continue;
                text = Encoding.UTF8.GetString([.. seen]);
                var begun = Stopwatch.GetTimestamp();
                if (Match(pattern, text) is { Success: true } match)
                    return new(true, text[..(match.Index + match.Length)], [.. match.Groups.Values.Select(group => group.Value)], sequence);
                if (seen.Count >= most)
                    break;
                // The whole text is looked at anew: what comes meanwhile, at once.
                if (Stopwatch.GetElapsedTime(begun) * MatchShare is var pause && pause > TimeSpan.FromMilliseconds(1))
                    await Task.Delay(pause, time, both.Token);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            // It did not come in time.
        }

        return new(false, text, [], sequence);
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

    // Who has the device is not kept from reading it by all the others together.
    private void BeginExpecting(Caller caller)
    {
        lock (_expecting)
        {
            if (_expecting.Count(account => account == caller.AccountId) >= options.MaxExpectsEach)
                throw DeviceErrors.ExpectsBusy(options.MaxExpectsEach);
            if (_expecting.Count >= options.MaxWaiting && device.Leases.Look().Current?.Holder.AccountId != caller.AccountId)
                throw DeviceErrors.ExpectsBusy(options.MaxWaiting);
            _expecting.Add(caller.AccountId);
        }
    }

    // This engine's time is bounded by the text's length, whatever the pattern; but that times a large pattern's size is much.
    /// <exception cref="DomainException"><c>devices.pattern_invalid</c>.</exception>
    public static Regex Compile(string? pattern)
    {
        if (pattern is not { Length: > 0 and <= MostPattern })
            throw DeviceErrors.PatternInvalid($"it has 1 to {MostPattern} characters.");
        try
        {
            return new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (Exception refusal) when (refusal is ArgumentException or NotSupportedException)
        {
            throw DeviceErrors.PatternInvalid(refusal.Message);
        }
    }

    /// <exception cref="DomainException"><c>devices.pattern_invalid</c>: it takes too long.</exception>
    public static Match Match(Regex pattern, string text)
    {
        try
        {
            return pattern.Match(text);
        }
        catch (RegexMatchTimeoutException)
        {
            throw DeviceErrors.PatternInvalid($"it takes more than {MatchTimeout.TotalSeconds:0} s for one look at what the device has printed.");
        }
    }
}
