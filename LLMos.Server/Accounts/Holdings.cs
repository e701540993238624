using System.Collections.Concurrent;
using System.Security.Claims;

namespace LLMos.Server.Accounts;

/// <summary>Everything live that people began, by the sign-in or token that it was begun with, and how each is ended when that or the role does not hold any more.</summary>
/// <remarks>What is checked once, when it begins, is entered here. The book's next change ends it, or a timer when its credential expires.</remarks>
internal sealed class Holdings : IDisposable
{
    // A timer takes no longer, and a clock that was put forward is seen.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Holding, bool> _held = new();
    private readonly AccountStore _accounts;
    private readonly TimeProvider _time;
    private readonly ILogger<Holdings> _log;
    private readonly Lock _gate = new();
    private readonly ITimer _expiry;
    private DateTime _next = DateTime.MaxValue;

    public Holdings(AccountStore accounts, TimeProvider time, ILogger<Holdings> log)
    {
        (_accounts, _time, _log) = (accounts, time, log);
        _expiry = time.CreateTimer(_ => Expire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        accounts.Changed += EndFormer;
    }

    /// <summary>Enters what a caller begins.</summary>
    /// <param name="least">The role that it takes, from its beginning to its end.</param>
    /// <param name="end">Ends it, with a sentence that says why; once, from any thread, perhaps before this returns. It must not wait.</param>
    /// <returns>To be disposed when it has ended.</returns>
    /// <exception cref="Foundation.Errors.DomainException"><c>accounts.sign_in_required</c>, <c>accounts.role_required</c>: the right to it was taken back since it was checked.</exception>
    public IDisposable Enter(Caller caller, Role least, Action<string> end)
    {
        var holding = Enter(caller, (book, now) => Credential.WhyEnded(book, caller, least, now), end);
        try
        {
            Require(caller, least);
            return holding;
        }
        catch
        {
            holding.Dispose();
            throw;
        }
    }

    /// <summary>Enters a connection, which its client begins anew when its role or password is another.</summary>
    /// <inheritdoc cref="Enter(Caller, Role, Action{string})"/>
    public IDisposable EnterConnection(ClaimsPrincipal user, Action<string> end)
    {
        var caller = Caller.Of(user);
        var holding = Enter(caller, (book, now) => Credential.StillHolds(book, user, now) ? null : "Its sign-in has changed.", end);
        if (Credential.StillHolds(_accounts.Book, user, _time.GetUtcNow()))
            return holding;
        holding.Dispose();
        throw AccountErrors.SignInRequired();
    }

    /// <summary>For a step of something that goes on: whether the caller may still do it.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>accounts.sign_in_required</c>, <c>accounts.role_required</c>.</exception>
    public void Require(Caller caller, Role least) => Credential.Require(_accounts.Book, caller, least, _time.GetUtcNow());

    public void Dispose()
    {
        _accounts.Changed -= EndFormer;
        _expiry.Dispose();
    }

    private Holding Enter(Caller caller, Func<AccountBook, DateTimeOffset, string?> whyEnded, Action<string> end)
    {
        var holding = new Holding(this, caller, whyEnded, end);
        _held[holding] = true;
        WakeFor(_accounts.Book, caller);
        return holding;
    }

    private void EndFormer(AccountBook book)
    {
        var now = _time.GetUtcNow();
        foreach (var holding in _held.Keys)
        {
            if (holding.WhyEnded(book, now) is { } why)
                End(holding, why);
            else
                WakeFor(book, holding.Caller);
        }
    }

    private void End(Holding holding, string why)
    {
        if (!_held.TryRemove(holding, out _))
            return;
        try
        {
            holding.End(why);
        }
        catch (Exception failure)
        {
            // The others are ended all the same.
            _log.NotEnded(holding.Caller.Name, failure);
        }
    }

    private void WakeFor(AccountBook book, Caller caller)
    {
        if (caller.CredentialId.Length == 0)
            return;
        var at = Credential.ExpiryOf(book, caller);
        lock (_gate)
        {
            if (at >= _next)
                return;
            _next = at;
            var left = at - _time.GetUtcNow().UtcDateTime;
            _expiry.Change(left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestSleep ? left : LongestSleep, Timeout.InfiniteTimeSpan);
        }
    }

    private void Expire()
    {
        lock (_gate)
            _next = DateTime.MaxValue;
        EndFormer(_accounts.Book);
    }

    private sealed record Holding(Holdings Of, Caller Caller, Func<AccountBook, DateTimeOffset, string?> WhyEnded, Action<string> End) : IDisposable
    {
        public void Dispose() => Of._held.TryRemove(this, out _);

        // Each is another one, whatever it says.
        public bool Equals(Holding? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }
}
