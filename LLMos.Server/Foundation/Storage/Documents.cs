using LiteDB;

namespace LLMos.Server.Foundation.Storage;

/// <summary>What a callback under <see cref="Database"/>'s gate may do; not valid after it returns.</summary>
/// <remarks>
/// Narrow on purpose. LiteDB 5.0.20 leaks for every distinct query value that is not a parameter, reads to the end of an
/// index for <c>&gt;= AND &lt;</c>, and leaves locks behind when a cursor outlives its call: none of that can be written here.
/// </remarks>
public sealed class Documents
{
    private readonly LiteDatabase _database;

    internal Documents(LiteDatabase database) => _database = database;

    public BsonDocument? Find(string collection, BsonValue id) =>
        _database.GetCollection(collection).FindById(id);

    public IReadOnlyList<BsonDocument> All(string collection) =>
        [.. _database.GetCollection(collection).FindAll()];

    /// <summary>Documents whose id lies between both bounds, bounds included, in id order.</summary>
    public IReadOnlyList<BsonDocument> Between(string collection, BsonValue low, BsonValue high, int limit) =>
        [.. _database.GetCollection(collection).Find(BsonExpression.Create("_id BETWEEN @0 AND @1", low, high), skip: 0, limit)];

    /// <summary>Inserts, or replaces the document of the same <c>_id</c>.</summary>
    public void Put(string collection, BsonDocument document) =>
        _database.GetCollection(collection).Upsert(document);

    public bool Delete(string collection, BsonValue id) =>
        _database.GetCollection(collection).Delete(id);
}
