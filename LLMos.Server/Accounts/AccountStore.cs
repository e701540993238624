using LiteDB;
using LLMos.Server.Foundation.Storage;

namespace LLMos.Server.Accounts;

/// <summary>Keeps the book: all of it in memory, every change on disk before anybody sees it.</summary>
internal sealed class AccountStore(Database database) : IDisposable
{
    public const string AccountCollection = "accounts";
    public const string TokenCollection = "tokens";

    private readonly SemaphoreSlim _oneChange = new(1);
    private volatile AccountBook _book = AccountBook.Empty;

    public AccountBook Book => _book;

    /// <summary>Called after a change is on disk and visible.</summary>
    public event Action<AccountBook>? Changed;

    public void Load() => _book = database.Read(documents =>
    {
        var accounts = documents.All(AccountCollection).Select(AccountOf);
        var tokens = documents.All(TokenCollection).Select(TokenOf);
        return AccountBook.Empty with
        {
            Accounts = AccountBook.Empty.Accounts.AddRange(accounts.Select(account => KeyValuePair.Create(account.Id, account))),
            TokensByHash = AccountBook.Empty.TokensByHash.AddRange(tokens.Select(token => KeyValuePair.Create(token.Hash, token))),
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

    public void Dispose() => _oneChange.Dispose();

    private Task KeepAsync(AccountBook before, AccountBook after) => database.WriteAsync(documents =>
    {
        foreach (var account in after.Accounts.Values.Except(before.Accounts.Values))
            documents.Put(AccountCollection, DocumentOf(account));
        foreach (var id in before.Accounts.Keys.Except(after.Accounts.Keys))
            documents.Delete(AccountCollection, id);
        foreach (var token in after.TokensByHash.Values.Except(before.TokensByHash.Values))
            documents.Put(TokenCollection, DocumentOf(token));
        foreach (var token in before.TokensByHash.Values.Except(after.TokensByHash.Values))
            documents.Delete(TokenCollection, token.Id);
    });

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
}
