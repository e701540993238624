using System.Collections.Concurrent;
using LiteDB;
using LLMos.Server.Accounts;
using LLMos.Server.Devices.Lines;
using LLMos.Server.Devices.Lines.Virtual;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Texts;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Devices;

/// <summary>All devices: finds them, opens them again after they were gone, and knows what people call them.</summary>
internal sealed class DeviceRegistry(
    Database database, IOptions<DeviceOptions> options, IOptions<StorageOptions> storage, Holdings holdings, TimeProvider time, ILogger<DeviceRegistry> log) : BackgroundService, IRemains
{
    public const string Collection = "devices";

    private const int MostName = 64, MostTags = 16, MostTag = 32, MostFormerNames = 64;

    // A board that is plugged in again is there in less than two seconds, also when its first opening fails: udev gives the right to it a moment later.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1), FirstRetry = TimeSpan.FromSeconds(0.25), LastRetry = TimeSpan.FromSeconds(5);

    // Devices are added and removed under it.
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Device> _devices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Failure> _failures = [];
    private readonly HashSet<string> _ready = [];
    private readonly HashSet<string> _leftOut = [];
    private readonly PortFinder _finder = new(options.Value.Allowed, shared: log.SerialNumberShared);

    /// <summary>A device came, went, or was given another name or holder.</summary>
    public event Action<Device>? Changed;

    public IEnumerable<Device> All => _devices.Values.OrderBy(device => device.Identity.Id, StringComparer.Ordinal);

    /// <exception cref="DomainException"><c>devices.not_found</c>.</exception>
    public Device Get(string? id) => id is not null && _devices.TryGetValue(id, out var device) ? device : throw DeviceErrors.NotFound();

    /// <summary>The device of an id, or the one that people call so. What a lender calls a port never stands in for another device's name, also a former one.</summary>
    /// <exception cref="DomainException"><c>devices.not_found</c>; <c>devices.ambiguous</c>: several are, or one of another lender was, called so.</exception>
    public Device Named(string name)
    {
        if (_devices.TryGetValue(name, out var device))
            return device;
        var named = _devices.Values.Where(other => other.Name == name).ToList();
        if (named.Where(other => other.Description.Name == name).ToList() is { Count: > 0 } given)
            named = given;
        if (named.Count == 0)
            throw DeviceErrors.NotFound();
        return named.Count > 1 || _devices.Values.Any(other => other.Identity.Lender?.AccountId != named[0].Identity.Lender?.AccountId && other.Description.FormerNames.Contains(name))
            ? throw DeviceErrors.Ambiguous(name)
            : named[0];
    }

    /// <summary>Gives a device another name and tags; its log tells who did.</summary>
    /// <exception cref="DomainException"><c>devices.not_found</c>, <c>devices.argument_invalid</c>, <c>devices.describe_forbidden</c>, <c>devices.name_taken</c>.</exception>
    public async Task<Device> DescribeAsync(Caller caller, string id, DescribeDeviceRequest request)
    {
        var device = Get(id);
        var (name, tags) = (request.Name?.Trim(), request.Tags ?? []);
        if (name is not { Length: > 0 and <= MostName } || !VisibleText.Is(name))
            throw DeviceErrors.ArgumentInvalid("name", $"1 to {MostName} characters that can be seen");
        if (tags.Count > MostTags || tags.Any(tag => tag is not { Length: > 0 and <= MostTag } || !VisibleText.Is(tag)))
            throw DeviceErrors.ArgumentInvalid("tags", $"{MostTags} at most, of 1 to {MostTag} characters that can be seen");
        var isAdministrator = caller.Role >= Role.Administrator;
        if (!isAdministrator && device.Leases.Look().Current is { } lease && lease.Holder.AccountId != caller.AccountId)
            throw DeviceErrors.DescribeForbidden(lease.Holder.Name);
        var former = device.Description.FormerNames;
        if (name != device.Name)
        {
            if (!isAdministrator && (former.Count >= MostFormerNames || _devices.Values.Any(other => other != device && (other.Name == name || other.Identity.Id == name || other.Description.FormerNames.Contains(name)))))
                throw former.Count >= MostFormerNames ? DeviceErrors.NamesUsedUp(MostFormerNames) : DeviceErrors.NameTaken(name);
            former = [.. former.Append(device.Name).Where(before => before != name).Distinct().TakeLast(MostFormerNames)];
        }

        await database.WriteAsync(documents =>
        {
            var known = documents.Find(Collection, id) ?? new() { ["_id"] = id };
            (known["name"], known["tags"], known["formerNames"]) = (name, ArrayOf(tags), ArrayOf(former));
            documents.Put(Collection, known);
        });
        device.Describe(new(name, [.. tags], former), caller);
        return device;

        static BsonArray ArrayOf(IEnumerable<string> texts) => new(texts.Select(text => new BsonValue(text)));
    }

    /// <summary>Opens a device that somebody lends, and remembers it.</summary>
    /// <exception cref="DomainException"><c>devices.too_many_lent</c>.</exception>
    public void Lend(DeviceIdentity lent, Func<LineSettings, ILineListener, ILine> open)
    {
        lock (_gate)
        {
            if (!_devices.ContainsKey(lent.Id) && _devices.Values.Count(other => other.Identity.Lender?.AccountId == lent.Lender!.AccountId) >= options.Value.MaxLentEach)
                throw DeviceErrors.TooManyLent(options.Value.MaxLentEach);
            (_devices.GetValueOrDefault(lent.Id) ?? Add(lent)).Open(lent, open);
        }

        _ = RememberAsync(lent);
        log.DeviceReady(lent.Id, "its lender's");
    }

    /// <summary>Removes a device that is not connected, with its log and its name.</summary>
    /// <exception cref="DomainException"><c>devices.not_found</c>, <c>devices.present</c>, <c>devices.remove_forbidden</c>.</exception>
    public async Task RemoveAsync(Caller caller, string id)
    {
        var device = Get(id);
        if (caller.Role < Role.Administrator && caller.AccountId != device.Identity.Lender?.AccountId)
            throw DeviceErrors.RemoveForbidden();
        await RemoveAsync(device, evenIfReady: false);
    }

    public string What => "lent devices";

    public IReadOnlyCollection<string> Owners() => [.. _devices.Values.Select(device => device.Identity.Lender?.AccountId).OfType<string>().Distinct()];

    /// <summary>Removes what a person has lent, with its logs and names: nobody can lend it again.</summary>
    public async Task<(long Count, long Bytes)> PurgeAsync(string accountId, CancellationToken cancellation)
    {
        var (count, bytes) = (0, 0L);
        foreach (var device in _devices.Values.Where(device => device.Identity.Lender?.AccountId == accountId).ToList())
        {
            cancellation.ThrowIfCancellationRequested();
            (count, bytes) = (count + 1, bytes + device.Log.Bytes);
            await RemoveAsync(device, evenIfReady: true);
        }

        return (count, bytes);
    }

    public override void Dispose()
    {
        foreach (var device in _devices.Values)
            device.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            AddKnown();
            while (true)
            {
                foreach (var number in Enumerable.Range(1, options.Value.Virtual))
                    Keep(new($"virtual-{number}", $"Virtual ESP32 {number}", null), (settings, listener) => new VirtualEsp32(number, settings, listener, time));
                foreach (var (path, index) in (options.Value.Replay ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((path, index) => (path, index)))
                    Keep(new($"replay-{index + 1}", Path.GetFileName(path), null), (_, listener) => new Replay(path, listener, time));
                Scan();
                await Task.Delay(_failures.Count > 0 ? FirstRetry : Interval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The lines are closed when the server disposes this.
        }
    }

    private void Scan()
    {
        try
        {
            foreach (var gone in _devices.Values.Where(device => !device.IsReady && _ready.Remove(device.Identity.Id)))
                log.DeviceGone(gone.Identity.Id);
            var present = _finder.Find(IsReady);
            foreach (var found in present)
            {
                if (!IsReady(found.Id) && _devices.Values.Count(device => device.Identity.Path is not null && device.IsReady) >= options.Value.MaxPorts)
                {
                    if (_leftOut.Add(found.Path!))
                        log.PortLeftOut(found.Path!, options.Value.MaxPorts);
                    continue;
                }

                _leftOut.Remove(found.Path!);
                Keep(found, (settings, listener) => PortLine.Open(found.Path!, settings, listener, time));
            }

            _leftOut.IntersectWith(present.Select(found => found.Path!));
            // One that is plugged in again begins anew.
            foreach (var id in _failures.Where(failed => failed.Value.IsPort).Select(failed => failed.Key).Except(present.Select(found => found.Id)).ToList())
                _failures.Remove(id);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or DomainException)
        {
            log.ScanFailed(failure);
        }
    }

    private async Task RemoveAsync(Device device, bool evenIfReady)
    {
        var id = device.Identity.Id;
        lock (_gate)
        {
            if (device.IsReady && !evenIfReady)
                throw DeviceErrors.Present();
            if (!_devices.TryRemove(KeyValuePair.Create(id, device)))
                throw DeviceErrors.NotFound();
            device.Dispose();
            Directory.Delete(FolderOf(id), recursive: true);
        }

        await database.WriteAsync(documents => documents.Delete(Collection, id), usesReserve: true);
        Changed?.Invoke(device);
    }

    private bool IsReady(string id) => _devices.TryGetValue(id, out var device) && device.IsReady;

    private void Keep(DeviceIdentity found, Func<LineSettings, ILineListener, ILine> open)
    {
        _failures.TryGetValue(found.Id, out var failure);
        if (IsReady(found.Id) || (failure is not null && time.GetElapsedTime(failure.At) < failure.Wait))
            return;
        if (Open(found, open) is { } why)
        {
            var wait = failure is null ? FirstRetry : failure.Wait * 2;
            _failures[found.Id] = new(why, time.GetTimestamp(), wait < LastRetry ? wait : LastRetry, found.Path is not null);
            if (why != failure?.Why)
                log.DeviceNotOpened(found.Id, why);
            return;
        }

        _failures.Remove(found.Id);
        _ready.Add(found.Id);
        log.DeviceReady(found.Id, found.Path ?? "no port, as it is made of code");
        if (found.Path is not null)
            _ = RememberAsync(found);
    }

    /// <returns>What went wrong; null: it is open.</returns>
    private string? Open(DeviceIdentity found, Func<LineSettings, ILineListener, ILine> open)
    {
        try
        {
            Device device;
            lock (_gate)
                device = _devices.GetValueOrDefault(found.Id) ?? Add(found);
            return device.Open(found, open);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or DomainException)
        {
            // Its log's, mostly: the others go on.
            return failure.Message;
        }
    }

    // The logs of ports that are not plugged in, and of those that nobody lends now, can be read.
    private void AddKnown()
    {
        foreach (var known in database.Read(documents => documents.All(Collection)).Where(known => known.ContainsKey("title")))
        {
            var (id, lender) = (known["_id"].AsString, Text(known["lender"]));
            try
            {
                lock (_gate)
                {
                    if (!_devices.ContainsKey(id))
                        Add(new(id, known["title"].AsString, Text(known["path"]), Text(known["usb"]), lender is null ? null : new(lender, known["lenderName"].AsString)));
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or DomainException)
            {
                log.LogNotOpened(id, failure);
            }
        }

        static string? Text(BsonValue value) => value.IsNull ? null : value.AsString;
    }

    private async Task RememberAsync(DeviceIdentity device)
    {
        try
        {
            await database.WriteAsync(documents =>
            {
                // It may have been removed since.
                if (!_devices.ContainsKey(device.Id))
                    return;
                var known = documents.Find(Collection, device.Id) ?? new() { ["_id"] = device.Id };
                (known["title"], known["path"], known["usb"], known["lender"], known["lenderName"]) = (device.Title, device.Path, device.Usb, device.Lender?.AccountId, device.Lender?.Name);
                documents.Put(Collection, known);
            });
        }
        catch (Exception failure) when (failure is IOException or DomainException or ObjectDisposedException)
        {
            // It works without, until the server starts anew.
            log.DeviceNotRemembered(device.Id, failure);
        }
    }

    private string FolderOf(string id) => Path.Combine(storage.Value.Path, "devices", id);

    private Device Add(DeviceIdentity found)
    {
        var record = new DeviceLog(FolderOf(found.Id), options.Value.LogMegabytes * 1024L * 1024, time);
        var device = _devices[found.Id] = new(found, record, options.Value, holdings, time, changed => Changed?.Invoke(changed));
        if (database.Read(documents => documents.Find(Collection, found.Id)) is { } known && known.ContainsKey("name"))
            device.Describe(new(known["name"].AsString, TextsOf(known["tags"]), TextsOf(known["formerNames"])));
        return device;

        static IReadOnlyList<string> TextsOf(BsonValue array) => array.IsArray ? [.. array.AsArray.Select(text => text.AsString)] : [];
    }

    /// <param name="Wait">Until it is tried again.</param>
    private sealed record Failure(string Why, long At, TimeSpan Wait, bool IsPort);
}
