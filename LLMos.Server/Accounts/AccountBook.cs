using System.Collections.Immutable;

namespace LLMos.Server.Accounts;

/// <summary>All people and their tokens at one moment, and what may become of them. Never changes; a change is a new book.</summary>
internal sealed record AccountBook(ImmutableDictionary<string, Account> Accounts, ImmutableDictionary<string, AccessToken> TokensByHash)
{
    public static readonly AccountBook Empty =
        new(ImmutableDictionary<string, Account>.Empty, ImmutableDictionary<string, AccessToken>.Empty);

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

    public AccountBook WithPassword(string accountId, string password) =>
        this with { Accounts = Accounts.SetItem(accountId, Get(accountId).WithPassword(password)) };

    /// <summary>Null leaves the role or the password as it is.</summary>
    public AccountBook WithChanges(string accountId, Role? role, string? password)
    {
        var account = Get(accountId);
        var changed = account.WithRole(role ?? account.Role);
        changed = password is null ? changed : changed.WithPassword(password);
        return RequireAdministrator(this with { Accounts = Accounts.SetItem(accountId, changed) });
    }

    public AccountBook Without(string accountId) => RequireAdministrator(new(
        Accounts.Remove(Get(accountId).Id),
        TokensByHash.RemoveRange(TokensOf(accountId).Select(token => token.Hash))));

    public AccountBook WithToken(AccessToken token, int limit) =>
        TokensOf(Get(token.AccountId).Id).Count() < limit
            ? this with { TokensByHash = TokensByHash.Add(token.Hash, token) }
            : throw AccountErrors.TooManyTokens(limit);

    public AccountBook WithoutToken(string accountId, string tokenId)
    {
        var token = TokensOf(accountId).FirstOrDefault(token => token.Id == tokenId) ?? throw AccountErrors.TokenNotFound();
        return this with { TokensByHash = TokensByHash.Remove(token.Hash) };
    }

    private static AccountBook RequireAdministrator(AccountBook next) =>
        next.HasAdministrator ? next : throw AccountErrors.LastAdministrator();
}
