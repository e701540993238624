using System.Security.Cryptography;
using LLMos.Server.Accounts;
using LLMos.Server.Devices.Lines;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Texts;

namespace LLMos.Server.Devices;

/// <summary>The lease of one device: one holder, and those that wait, in their order.</summary>
/// <param name="told">Called after it happened, for the log and for watchers, in its order: the queue is held up meanwhile.</param>
/// <param name="settings">How the line is set now.</param>
/// <param name="end">Called when a lease has ended; done when what its holder had begun is over, which is in bounded time.</param>
internal sealed class LeaseQueue(DeviceOptions options, Holdings holdings, TimeProvider time, Action<Caller, string> told, Func<LineSettings> settings, Func<Lease, LeaseEnd, Task> end) : IDisposable
{
    private const int MostReason = 200;

    /// <summary>What the log says of a lease that flashes.</summary>
    public const string Flashes = "flashes";

    private const string Leaves = "waits no longer";

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiting> _waiting = [];
    private volatile Lease? _current;
    private volatile Task _settled = Task.CompletedTask;
    private ITimer? _timer;

    // A step of the clock must not end a flash, or keep a board for an hour.
    private readonly long _begun = time.GetTimestamp();

    private TimeSpan Now => time.GetElapsedTime(_begun);

    public bool IsHeld => _current is not null;

    /// <summary>Who has it now, and the names of those that wait.</summary>
    public (Lease? Current, IReadOnlyList<string> Waiting) Look()
    {
        lock (_gate)
            return (_current is { } current ? Until(current, current.Ends) : null, [.. _waiting.Select(waiting => waiting.Caller.Name)]);
    }

    /// <summary>Takes the lease, or waits for it in the queue. When it is given, nothing of a former holder is under way.</summary>
    /// <exception cref="DomainException"><c>devices.lease_busy</c> when the wait is over, <c>devices.waits_already</c>, <c>devices.queue_full</c>, <c>devices.take_over_forbidden</c>.</exception>
    public async Task<Lease> TakeAsync(Caller caller, LeaseRequest request, string? connection, CancellationToken cancellation)
    {
        // It is shown in terminals, lists and downloads.
        var reason = request.Reason is null ? null : VisibleText.Of(request.Reason, MostReason);
        var asked = new Waiting(caller, reason, connection, request.IsFlash);
        asked.Held = holdings.Enter(caller, Role.Member, _ => TakeBack(asked));
        try
        {
            var taken = TakeOrQueue(asked, request) ?? await WaitAsync(asked, TimeSpan.FromSeconds(request.WaitSeconds), cancellation);
            return await SettleAsync(taken, cancellation);
        }
        catch
        {
            asked.Held.Dispose();
            throw;
        }
    }

    /// <returns>Null: it waits.</returns>
    private Lease? TakeOrQueue(Waiting asked, LeaseRequest request)
    {
        Lease? taken = null, ended = null;
        var caller = asked.Caller;
        lock (_gate)
        {
            if (asked.IsTakenBack)
                throw AccountErrors.SignInRequired();
            if (_current is { } current && request.TakeOver)
            {
                if (caller.Role < Role.Administrator && caller.AccountId != current.Holder.AccountId)
                    throw DeviceErrors.TakeOverForbidden(current.Holder.Name);
                ended = current;
                End(current, LeaseEnd.Lost, null);
            }

            if (_current is null)
                Tell(taken = Give(asked), ended is null ? "taken" : $"taken over from {ended.Holder.Name}");
            else if (request.WaitSeconds == 0)
                throw Busy();
            else if (_waiting.Any(waiting => waiting.Caller.AccountId == caller.AccountId))
                throw DeviceErrors.WaitsAlready();
            else if (_waiting.Count >= options.MaxWaiting)
                throw DeviceErrors.QueueFull(options.MaxWaiting);
            else
                Queue(asked);
        }

        return taken;
    }

    /// <summary>The right of who asked for it was taken back: its lease or its place ends.</summary>
    private void TakeBack(Waiting asked)
    {
        lock (_gate)
        {
            asked.IsTakenBack = true;
            if (_current is { } current && current.Id == asked.GivenId)
            {
                End(current, LeaseEnd.Lost, "the lease has ended: its holder's right to it was taken back");
                Promote();
            }
            else if (_waiting.Remove(asked))
            {
                told(asked.Caller, Leaves);
                asked.Given.TrySetException(AccountErrors.SignInRequired());
            }
        }
    }

    /// <summary>Checks that a caller has the lease, and makes it last longer.</summary>
    /// <param name="connection">Where the holder is now; null leaves it.</param>
    /// <exception cref="DomainException"><c>devices.lease_required</c>; <c>accounts.sign_in_required</c>, <c>accounts.role_required</c>: the caller's right was taken back.</exception>
    public Lease Require(Caller caller, string? id, string? connection = null)
    {
        holdings.Require(caller, Role.Member);
        lock (_gate)
        {
            if (_current is not { } current || id is null || current.Holder.AccountId != caller.AccountId || current.Ends <= Now
                || !CryptographicOperations.FixedTimeEquals(System.Text.Encoding.UTF8.GetBytes(id), System.Text.Encoding.UTF8.GetBytes(current.Id)))
                throw Refusal(caller);
            return _current = Until(current, Now + TimeSpan.FromSeconds(options.LeaseSeconds)) with { Connection = connection ?? current.Connection };
        }
    }

    /// <summary>The holder flashes, as what it writes shows.</summary>
    public void BeginFlash(Caller caller)
    {
        lock (_gate)
        {
            if (_current is not { Before: null } current)
                return;
            _current = current with { Before = settings() };
            told(caller, Flashes);
        }
    }

    /// <exception cref="DomainException"><c>devices.lease_required</c>.</exception>
    public void Release(Caller caller, string? id)
    {
        lock (_gate)
        {
            End(Require(caller, id), LeaseEnd.Released, "released");
            Promote();
        }
    }

    /// <summary>A hub connection has ended: its lease lasts a moment, for who comes back.</summary>
    public void Disconnected(string connection)
    {
        lock (_gate)
        {
            if (_current is not { } current || current.Connection != connection)
                return;
            var ends = Now + TimeSpan.FromSeconds(options.LeaseGraceSeconds);
            _current = Until(current, ends < current.Ends ? ends : current.Ends);
            Arm();
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _timer?.Dispose();
    }

    private async Task<Lease> WaitAsync(Waiting place, TimeSpan longest, CancellationToken cancellation)
    {
        try
        {
            return await place.Given.Task.WaitAsync(longest, time, cancellation);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                if (_waiting.Remove(place))
                    told(place.Caller, Leaves);
                else
                    Leave(place.GivenId);
            }

            if (over is OperationCanceledException)
                throw;
            lock (_gate)
                throw Busy();
        }
    }

    // Who waits no longer for a former holder's last bytes has no lease either: nobody would know of it.
    private async Task<Lease> SettleAsync(Lease taken, CancellationToken cancellation)
    {
        try
        {
            await _settled.WaitAsync(cancellation);
        }
        catch
        {
            lock (_gate)
                Leave(taken.Id);
            throw;
        }

        return Require(taken.Holder, taken.Id);
    }

    private void Leave(string? id)
    {
        if (_current is not { } given || given.Id != id)
            return;
        End(given, LeaseEnd.Lost, Leaves);
        Promote();
    }

    private DomainException Busy() =>
        _current is { } current ? DeviceErrors.LeaseBusy(current.Holder.Name, Until(current, current.Ends).ExpiresAt) : DeviceErrors.LeaseRequired(null);

    private DomainException Refusal(Caller caller) => _current switch
    {
        { } other when other.Holder.AccountId != caller.AccountId => other.Before is null ? DeviceErrors.LeaseRequired(other.Holder.Name) : DeviceErrors.Flashing(other.Holder.Name, other.Since),
        _ => DeviceErrors.LeaseRequired(null),
    };

    /// <param name="what">Null: it is told with what comes instead.</param>
    private void End(Lease ended, LeaseEnd how, string? what)
    {
        _ = ended.End.CancelAsync();
        ended.Held.Dispose();
        _current = null;
        if (what is not null)
            told(ended.Holder, what);
        _settled = end(ended, how);
    }

    private Lease Give(Waiting to)
    {
        var (now, lasting) = (time.GetUtcNow(), TimeSpan.FromSeconds(options.LeaseSeconds));
        var lease = new Lease(RandomNumberGenerator.GetHexString(32, lowercase: true), to.Caller, to.Reason, to.Connection, now, now + lasting, Now + lasting, to.IsFlash ? settings() : null)
        {
            Held = to.Held,
        };
        (_current, to.GivenId) = (lease, lease.Id);
        Arm();
        return lease;
    }

    private Lease Until(Lease lease, TimeSpan ends) => lease with { Ends = ends, ExpiresAt = time.GetUtcNow() + (ends - Now) };

    private void Promote()
    {
        if (_waiting.First is not { } first)
            return;
        _waiting.RemoveFirst();
        var lease = Give(first.Value);
        Tell(lease, "taken");
        first.Value.Given.TrySetResult(lease);
    }

    private void Arm()
    {
        _timer ??= time.CreateTimer(_ => Expire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var left = _current!.Ends - Now;
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Expire()
    {
        lock (_gate)
        {
            if (_current is not { } current)
                return;
            if (current.Ends > Now)
            {
                Arm();
                return;
            }

            End(current, LeaseEnd.Lost, "the lease has ended: not used, or its holder's connection was lost");
            Promote();
        }
    }

    private void Queue(Waiting waiting)
    {
        _waiting.AddLast(waiting);
        told(waiting.Caller, "waits for the lease");
    }

    private void Tell(Lease given, string what)
    {
        told(given.Holder, string.IsNullOrWhiteSpace(given.Reason) ? what : $"{what}: {given.Reason}");
        if (given.Before is not null)
            told(given.Holder, Flashes);
    }

    /// <summary>One that asked for the lease, and has it when <see cref="GivenId"/> is the current one's.</summary>
    private sealed class Waiting(Caller caller, string? reason, string? connection, bool isFlash)
    {
        public Caller Caller => caller;

        public string? Reason => reason;

        public string? Connection => connection;

        public bool IsFlash => isFlash;

        public IDisposable Held { get; set; } = null!;

        public bool IsTakenBack { get; set; }

        public TaskCompletionSource<Lease> Given { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? GivenId { get; set; }
    }
}
