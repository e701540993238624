using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Server.Foundation.Errors;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

public sealed class LeaseTests : IDisposable
{
    private static readonly Caller Anna = new("a", "anna", Role.Member), Ben = new("b", "ben", Role.Member), Root = new("r", "root", Role.Administrator), Cleo = new("c", "cleo", Role.Member);

    private readonly SteppedClock _time = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<string> _told = [];

    // What whoever looks sees at the moment of being told.
    private readonly List<string> _seen = [];
    private readonly LeaseQueue _leases;

    // What a former holder had begun is over, unless a test says otherwise.
    private TaskCompletionSource _settled = new();
    private readonly List<LeaseEnd> _ends = [];

    public LeaseTests()
    {
        _settled.SetResult();
        _leases = new(new() { LeaseSeconds = 60, LeaseGraceSeconds = 15, MaxWaiting = 2 }, NoAccounts.Holdings(_time), _time, Tell, () => new(), (_, how) =>
        {
            _ends.Add(how);
            return _settled.Task;
        });
    }

    public void Dispose() => _leases.Dispose();

    [Fact]
    public async Task One_holds_it_and_the_others_get_it_in_their_order()
    {
        var first = await TakeAsync(Anna);
        var (second, third) = (TakeAsync(Ben, wait: 100), TakeAsync(Root, wait: 100));
        Assert.Equal(["ben", "root"], _leases.Look().Waiting);

        _leases.Release(Anna, first.Id);
        Assert.Equal("ben", (await second.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken)).Holder.Name);
        Assert.False(third.IsCompleted);
        _leases.Release(Ben, (await second).Id);
        Assert.Equal("root", (await third.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken)).Holder.Name);
    }

    [Theory, InlineData(120), InlineData(3600), InlineData(-3600), InlineData(-1_000_000_000)]
    public async Task A_clock_that_is_set_ends_no_lease_and_lengthens_none(int seconds)
    {
        var lease = await TakeAsync(Anna);
        _time.Advance(TimeSpan.FromSeconds(20));

        _time.Step = TimeSpan.FromSeconds(seconds);

        Assert.Equal(_time.GetUtcNow().AddSeconds(40), _leases.Look().Current!.ExpiresAt);
        var busy = await Assert.ThrowsAsync<DomainException>(() => TakeAsync(Ben));
        Assert.Contains(_time.GetUtcNow().AddSeconds(40).ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture), busy.Error.Detail, StringComparison.Ordinal);
        Assert.Equal(_time.GetUtcNow().AddSeconds(60), _leases.Require(Anna, lease.Id).ExpiresAt);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(_leases.IsHeld);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_leases.IsHeld);
    }

    [Fact]
    public async Task Who_is_told_of_something_sees_it_done()
    {
        var anna = await TakeAsync(Anna);
        using var patience = new CancellationTokenSource();
        var root = _leases.TakeAsync(Root, new(WaitSeconds: 100), null, patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => root);
        var ben = TakeAsync(Ben, wait: 100);
        _leases.Release(Anna, anna.Id);
        await ben;
        _time.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(
            [
                "anna has it, 0 wait", "anna has it, 1 wait", "anna has it, 0 wait", "anna has it, 1 wait",
                "nobody has it, 1 wait", "ben has it, 0 wait", "nobody has it, 0 wait",
            ],
            _seen);
    }

    [Fact]
    public async Task Who_does_not_use_it_loses_it()
    {
        var lease = await TakeAsync(Anna);
        _time.Advance(TimeSpan.FromSeconds(50));
        _leases.Require(Anna, lease.Id);
        _time.Advance(TimeSpan.FromSeconds(50));
        _leases.Require(Anna, lease.Id);
        var ben = TakeAsync(Ben, wait: 200);

        _time.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal("ben", (await ben.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken)).Holder.Name);
        Refused("devices.lease_required", () => _leases.Require(Anna, lease.Id));
        Assert.Contains(_told, told => told.StartsWith("anna the lease has ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lost_connection_keeps_it_for_the_grace_time_and_who_comes_back_goes_on()
    {
        var lease = await TakeAsync(Anna, connection: "one");
        _leases.Disconnected("one");
        _time.Advance(TimeSpan.FromSeconds(14));
        _leases.Require(Anna, lease.Id, "two");
        _leases.Disconnected("one");
        _time.Advance(TimeSpan.FromSeconds(16));
        _leases.Require(Anna, lease.Id);

        _leases.Disconnected("two");
        _time.Advance(TimeSpan.FromSeconds(16));
        Assert.Null(_leases.Look().Current);
    }

    [Fact]
    public async Task Nobody_else_uses_it_nor_one_that_has_ended()
    {
        var lease = await TakeAsync(Anna);
        Refused("devices.lease_required", () => _leases.Require(Ben, lease.Id));
        Refused("devices.lease_required", () => _leases.Require(Anna, (lease.Id[0] == '0' ? "1" : "0") + lease.Id[1..]));
        Refused("devices.lease_required", () => _leases.Require(Anna, null));
        _leases.Release(Anna, lease.Id);
        Refused("devices.lease_required", () => _leases.Require(Anna, lease.Id));
        Refused("devices.lease_required", () => _leases.Release(Anna, lease.Id));
    }

    [Fact]
    public async Task Only_an_administrator_takes_it_from_somebody_else_and_the_log_says_so()
    {
        var lease = await TakeAsync(Anna);
        await RefusedAsync("devices.take_over_forbidden", _leases.TakeAsync(Ben, new(TakeOver: true), null, CancellationToken.None));
        var own = await _leases.TakeAsync(Anna, new(TakeOver: true), null, CancellationToken.None);
        Refused("devices.lease_required", () => _leases.Require(Anna, lease.Id));

        await _leases.TakeAsync(Root, new("it is on fire", TakeOver: true), null, CancellationToken.None);

        Refused("devices.lease_required", () => _leases.Require(Anna, own.Id));
        Assert.Contains("root taken over from anna: it is on fire", _told);
    }

    [Fact]
    public async Task Waiting_is_bounded_in_number_and_time()
    {
        await TakeAsync(Root);
        await RefusedAsync("devices.lease_busy", TakeAsync(Anna));
        var (one, two) = (TakeAsync(Anna, wait: 10), TakeAsync(Ben, wait: 30));
        await RefusedAsync("devices.queue_full", TakeAsync(Cleo, wait: 10));

        _time.Advance(TimeSpan.FromSeconds(11));

        await RefusedAsync("devices.lease_busy", one);
        Assert.Equal(["ben"], _leases.Look().Waiting);
        Assert.False(two.IsCompleted);
    }

    [Fact]
    public async Task Each_person_has_one_place_among_those_that_wait()
    {
        var lease = await TakeAsync(Root);
        using var patience = new CancellationTokenSource();
        var first = _leases.TakeAsync(Anna, new(WaitSeconds: 100), null, patience.Token);
        await RefusedAsync("devices.waits_already", TakeAsync(Anna, wait: 100));
        var ben = TakeAsync(Ben, wait: 100);
        Assert.Equal(["anna", "ben"], _leases.Look().Waiting);

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var again = TakeAsync(Anna, wait: 100);

        Assert.Equal(["ben", "anna"], _leases.Look().Waiting);
        _leases.Release(Root, lease.Id);
        await ben;
        Assert.False(again.IsCompleted);
    }

    [Theory]
    [InlineData("\u001b]0;owned\u0007\u202e", @"\x1b]0;owned\x07\u202e")]
    [InlineData("two\nlines", @"two\x0alines")]
    [InlineData("étude 🎹", "étude 🎹")]
    public async Task A_reason_is_kept_as_it_can_be_shown(string reason, string shown)
    {
        var lease = await _leases.TakeAsync(Anna, new(reason), null, CancellationToken.None);

        Assert.Equal(shown, lease.Reason);
        Assert.Contains($"anna taken: {shown}", _told);
    }

    [Fact]
    public async Task Who_waits_no_longer_until_a_former_holder_is_done_has_no_lease()
    {
        var anna = await TakeAsync(Anna);
        _settled = new();
        _leases.Release(Anna, anna.Id);
        using var patience = new CancellationTokenSource();
        var ben = _leases.TakeAsync(Ben, new(), null, patience.Token);
        Assert.False(ben.IsCompleted);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ben);
        Assert.Null(_leases.Look().Current);
        var root = TakeAsync(Root);
        Assert.False(root.IsCompleted);
        _settled.SetResult();
        Assert.Equal("root", (await root.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken)).Holder.Name);
        Assert.Equal([LeaseEnd.Released, LeaseEnd.Lost], _ends);
    }

    private void Tell(Caller who, string what)
    {
        lock (_told)
        {
            _told.Add($"{who.Name} {what}");
            var (current, waiting) = _leases.Look();
            _seen.Add($"{current?.Holder.Name ?? "nobody"} has it, {waiting.Count} wait");
        }
    }

    private Task<Lease> TakeAsync(Caller caller, int wait = 0, string? connection = null) => _leases.TakeAsync(caller, new(WaitSeconds: wait), connection, CancellationToken.None);

    private static void Refused(string code, Action action) => Assert.Equal(code, Assert.Throws<DomainException>(action).Error.Code);

    private static async Task RefusedAsync(string code, Task task) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<DomainException>(() => task.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken))).Error.Code);
}
