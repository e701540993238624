using System.Collections.Immutable;

namespace LLMos.Server.Accounts;

/// <summary>All people, their tokens and their sign-ins at one moment, and what may become of them. Never changes; a change is a new book.</summary>
internal sealed record AccountBook(
    ImmutableDictionary<string, Account> Accounts, ImmutableDictionary<string, AccessToken> TokensByHash, ImmutableDictionary<string, SignIn> SignIns)
{
    public static readonly AccountBook Empty =
        new(ImmutableDictionary<string, Account>.Empty, ImmutableDictionary<string, AccessToken>.Empty, ImmutableDictionary<string, SignIn>.Empty);

    public bool HasAdministrator => Accounts.Values.Any(account => account.Role == Role.Administrator);

    public Account? Find(string accountId) => Accounts.GetValueOrDefault(accountId);

    public Account Get(string accountId) => Find(accountId) ?? throw AccountErrors.PersonNotFound();

    public Account? FindByName(string user) => Accounts.Values.FirstOrDefault(account => UserName.Comparer.Equals(account.User, user));

    public IEnumerable<AccessToken> TokensOf(string accountId) => TokensByHash.Values.Where(token => token.AccountId == accountId);

    public AccountBook WithFirstAdministrator(Account account, int limit) =>
        HasAdministrator ? throw AccountErrors.SetupDone() : With(account, limit);

    public AccountBook With(Account account, int limit)
    {
        if (FindByName(account.User) is not null)
            throw AccountErrors.NameTaken(account.User);
        if (Accounts.Count >= limit)
            throw AccountErrors.TooManyPeople(limit);

        return this with { Accounts = Accounts.Add(account.Id, account) };
    }

    /// <summary>A person's own new password: their other sign-ins end.</summary>
    /// <param name="signInId">The one that goes on, with a new cookie.</param>
    public AccountBook WithPassword(string accountId, string password, string signInId, bool endsTokens)
    {
        var changed = Put(Get(accountId).WithPassword(password)).WithoutSignIns(accountId, except: signInId);
        return endsTokens ? changed.WithoutTokens(accountId) : changed;
    }

    /// <summary>What an administrator changes; null leaves the role or the password as it is. With a new password every token and sign-in ends: others may have them.</summary>
    public AccountBook WithChanges(string accountId, Role? role, string? password)
    {
        var account = Get(accountId);
        var changed = account.WithRole(role ?? account.Role);
        var next = password is null ? Put(changed) : Put(changed.WithPassword(password)).WithoutTokens(accountId).WithoutSignIns(accountId);
        return RequireAdministrator(next);
    }

    public AccountBook Without(string accountId) =>
        RequireAdministrator(WithoutTokens(accountId).WithoutSignIns(accountId) with { Accounts = Accounts.Remove(Get(accountId).Id) });

    /// <summary>Adds a sign-in, in the place of the account's ended ones, and of its oldest when there are too many.</summary>
    /// <param name="account">As the password was checked against.</param>
    /// <param name="newHash">The same password hashed anew; null leaves the hash.</param>
    public AccountBook WithSignIn(Account account, SignIn signIn, int limit, string? newHash)
    {
        if (Find(account.Id) is not { } now || now.Stamp != account.Stamp)
            throw AccountErrors.CredentialsWrong();

        var own = SignIns.Values.Where(other => other.AccountId == account.Id).OrderBy(other => other.ExpiresAt).ToList();
        var old = own.Where((other, index) => other.ExpiresAt <= signIn.CreatedAt || index <= own.Count - limit);
        return Put(newHash is null ? now : now with { PasswordHash = newHash }) with { SignIns = SignIns.RemoveRange(old.Select(other => other.Id)).Add(signIn.Id, signIn) };
    }

    /// <summary>A sign-in that has ended stays so.</summary>
    public AccountBook WithRenewed(string signInId, DateTime until) =>
        SignIns.GetValueOrDefault(signInId) is { } signIn ? this with { SignIns = SignIns.SetItem(signInId, signIn with { ExpiresAt = until }) } : this;

    public AccountBook WithoutSignIn(string signInId) => this with { SignIns = SignIns.Remove(signInId) };

    public AccountBook WithToken(AccessToken token, int limit) =>
        TokensOf(Get(token.AccountId).Id).Count() < limit
            ? this with { TokensByHash = TokensByHash.Add(token.Hash, token) }
            : throw AccountErrors.TooManyTokens(limit);

    public AccountBook WithoutToken(string accountId, string tokenId)
    {
        var token = TokensOf(accountId).FirstOrDefault(token => token.Id == tokenId) ?? throw AccountErrors.TokenNotFound();
        return this with { TokensByHash = TokensByHash.Remove(token.Hash) };
    }

    public AccountBook WithoutTokens(string accountId) =>
        this with { TokensByHash = TokensByHash.RemoveRange(TokensOf(Get(accountId).Id).Select(token => token.Hash)) };

    private AccountBook WithoutSignIns(string accountId, string? except = null) =>
        this with { SignIns = SignIns.RemoveRange(SignIns.Values.Where(signIn => signIn.AccountId == accountId && signIn.Id != except).Select(signIn => signIn.Id)) };

    private AccountBook Put(Account account) => this with { Accounts = Accounts.SetItem(account.Id, account) };

    private static AccountBook RequireAdministrator(AccountBook next) =>
        next.HasAdministrator ? next : throw AccountErrors.LastAdministrator();
}
