using System.Collections.Immutable;
using LiteDB;
using LLMos.Server.Foundation.Storage;

namespace LLMos.Server.Accounts;

/// <summary>Keeps the book: all of it in memory, every change on disk before anybody sees it.</summary>
internal sealed class AccountStore(Database database, TimeProvider time) : IDisposable
{
    public const string AccountCollection = "accounts";
    public const string TokenCollection = "tokens";
    public const string SignInCollection = "signIns";

    private readonly SemaphoreSlim _oneChange = new(1);
    private volatile AccountBook _book = AccountBook.Empty;

    public AccountBook Book => _book;

    /// <summary>Called after a change is on disk and visible.</summary>
    public event Action<AccountBook>? Changed;

    public void Load() => _book = database.Read(documents =>
    {
        var accounts = documents.All(AccountCollection).Select(AccountOf);
        var tokens = documents.All(TokenCollection).Select(TokenOf);
        var signIns = documents.All(SignInCollection).Select(SignInOf);
        return AccountBook.Empty with
        {
            Accounts = AccountBook.Empty.Accounts.AddRange(accounts.Select(account => KeyValuePair.Create(account.Id, account))),
            TokensByHash = AccountBook.Empty.TokensByHash.AddRange(tokens.Select(token => KeyValuePair.Create(token.Hash, token))),
            SignIns = AccountBook.Empty.SignIns.AddRange(signIns.Select(signIn => KeyValuePair.Create(signIn.Id, signIn))),
        };
    });

    /// <summary>Asks <paramref name="change"/> for the next book, one change at a time, and keeps what differs.</summary>
    public async Task<AccountBook> ChangeAsync(Func<AccountBook, AccountBook> change, CancellationToken cancellation)
    {
        await _oneChange.WaitAsync(cancellation);
        try
        {
            var next = change(_book);
            await KeepAsync(_book, next);
            _book = next;
        }
        finally
        {
            _oneChange.Release();
        }

        Changed?.Invoke(_book);
        return _book;
    }

    /// <summary>The same, and refuses it if the caller's right to it was taken back since the request was checked.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>accounts.sign_in_required</c>, <c>accounts.role_required</c>, and what <paramref name="change"/> refuses.</exception>
    public Task<AccountBook> ChangeAsync(Caller by, Role least, Func<AccountBook, AccountBook> change, CancellationToken cancellation) =>
        ChangeAsync(
            book =>
            {
                Credential.Require(book, by, least, time.GetUtcNow());
                return change(book);
            },
            cancellation);

    public void Dispose() => _oneChange.Dispose();

    private Task KeepAsync(AccountBook before, AccountBook after) => database.WriteAsync(documents =>
    {
        Keep(documents, AccountCollection, before.Accounts, after.Accounts, account => account.Id, DocumentOf);
        Keep(documents, TokenCollection, before.TokensByHash, after.TokensByHash, token => token.Id, DocumentOf);
        Keep(documents, SignInCollection, before.SignIns, after.SignIns, signIn => signIn.Id, DocumentOf);
    }, usesReserve: true);

    private static void Keep<T>(
        Documents documents, string collection, ImmutableDictionary<string, T> before, ImmutableDictionary<string, T> after, Func<T, string> idOf, Func<T, BsonDocument> documentOf)
    {
        if (ReferenceEquals(before, after))
            return;
        foreach (var (key, one) in after)
        {
            if (!before.TryGetValue(key, out var known) || !EqualityComparer<T>.Default.Equals(known, one))
                documents.Put(collection, documentOf(one));
        }

        foreach (var (key, one) in before)
        {
            if (!after.ContainsKey(key))
                documents.Delete(collection, idOf(one));
        }
    }

    private static BsonDocument DocumentOf(Account account) => new()
    {
        ["_id"] = account.Id,
        ["user"] = account.User,
        ["role"] = account.Role.ToString(),
        ["passwordHash"] = account.PasswordHash,
        ["stamp"] = account.Stamp,
        ["createdAt"] = account.CreatedAt,
    };

    private static Account AccountOf(BsonDocument document) => new(
        document["_id"].AsString,
        document["user"].AsString,
        Enum.Parse<Role>(document["role"].AsString),
        document["passwordHash"].AsString,
        document["stamp"].AsString,
        document["createdAt"].AsDateTime.ToUniversalTime());

    private static BsonDocument DocumentOf(AccessToken token) => new()
    {
        ["_id"] = token.Id,
        ["accountId"] = token.AccountId,
        ["name"] = token.Name,
        ["hash"] = token.Hash,
        ["createdAt"] = token.CreatedAt,
        ["expiresAt"] = token.ExpiresAt,
    };

    private static AccessToken TokenOf(BsonDocument document) => new(
        document["_id"].AsString,
        document["accountId"].AsString,
        document["name"].AsString,
        document["hash"].AsString,
        document["createdAt"].AsDateTime.ToUniversalTime(),
        document["expiresAt"].AsDateTime.ToUniversalTime());

    private static BsonDocument DocumentOf(SignIn signIn) => new()
    {
        ["_id"] = signIn.Id,
        ["accountId"] = signIn.AccountId,
        ["createdAt"] = signIn.CreatedAt,
        ["expiresAt"] = signIn.ExpiresAt,
    };

    private static SignIn SignInOf(BsonDocument document) => new(
        document["_id"].AsString,
        document["accountId"].AsString,
        document["createdAt"].AsDateTime.ToUniversalTime(),
        document["expiresAt"].AsDateTime.ToUniversalTime());
}
