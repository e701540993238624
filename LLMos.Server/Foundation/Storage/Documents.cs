using System.Runtime.ExceptionServices;
using LiteDB;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Foundation.Storage;

/// <summary>What a callback under <see cref="Database"/>'s gate may do; not valid after it returns.</summary>
/// <remarks>
/// Narrow on purpose. LiteDB 5.0.20 leaks for every distinct query value that is not a parameter, reads to the end of an
/// index for <c>&gt;= AND &lt;</c>, and leaves locks behind when a cursor outlives its call: none of that can be written here.
/// </remarks>
public sealed class Documents
{
    private readonly LiteDatabase _database;
    private readonly Lock _gate;
    private readonly bool _writable;

    internal Documents(LiteDatabase database, Lock gate, bool writable) =>
        (_database, _gate, _writable) = (database, gate, writable);

    /// <summary>How many documents were put or deleted.</summary>
    internal int Changes { get; private set; }

    /// <summary>Whether LiteDB threw: it has then rolled the whole transaction back and would commit the rest piecemeal.</summary>
    internal bool Broken { get; private set; }

    public BsonDocument? Find(string collection, BsonValue id) =>
        Ask(collection, documents => documents.FindById(id));

    public IReadOnlyList<BsonDocument> All(string collection) =>
        Ask(collection, documents => documents.FindAll().ToList());

    /// <summary>Gives every document to <paramref name="visit"/>, in id order, without having all in memory.</summary>
    public void Each(string collection, Action<BsonDocument> visit)
    {
        // What a visitor throws is the visitor's own, and says nothing of the database.
        ExceptionDispatchInfo? failure = null;
        Ask(collection, documents =>
        {
            foreach (var document in documents.FindAll())
            {
                try
                {
                    visit(document);
                }
                catch (Exception thrown)
                {
                    failure = ExceptionDispatchInfo.Capture(thrown);
                    break;
                }
            }

            return true;
        });
        failure?.Throw();
    }

    /// <summary>Documents whose id lies between both bounds, bounds included, in id order.</summary>
    public IReadOnlyList<BsonDocument> Between(string collection, BsonValue low, BsonValue high, int limit) =>
        Ask(collection, documents => documents.Find(BsonExpression.Create("_id BETWEEN @0 AND @1", low, high), skip: 0, limit).ToList());

    /// <summary>Inserts, or replaces the document of the same <c>_id</c>.</summary>
    public void Put(string collection, BsonDocument document)
    {
        if (document["_id"].IsNull)
            throw new ArgumentException("A document needs an _id.", nameof(document));

        Change(collection, documents => documents.Upsert(document));
        Changes++;
    }

    /// <summary>Inserts a document whose <c>_id</c> was never used: <see cref="Put"/> would look for it first, half of the work.</summary>
    /// <exception cref="LiteException">There is one of that <c>_id</c>.</exception>
    public void Add(string collection, BsonDocument document)
    {
        Change(collection, documents => documents.Insert(document));
        Changes++;
    }

    public bool Delete(string collection, BsonValue id)
    {
        var deleted = Change(collection, documents => documents.Delete(id));
        if (deleted)
            Changes++;
        return deleted;
    }

    internal void Create(IEnumerable<string> collections)
    {
        foreach (var missing in collections.Except(_database.GetCollectionNames(), StringComparer.OrdinalIgnoreCase).ToList())
        {
            // LiteDB makes a collection with its first document and in no other way.
            Put(missing, new BsonDocument { ["_id"] = 0 });
            Delete(missing, 0);
        }
    }

    private T Change<T>(string collection, Func<ILiteCollection<BsonDocument>, T> change) =>
        _writable ? Ask(collection, change) : throw new InvalidOperationException("Only WriteAsync may change documents.");

    private T Ask<T>(string collection, Func<ILiteCollection<BsonDocument>, T> ask)
    {
        if (!_gate.IsHeldByCurrentThread)
            throw new InvalidOperationException("Documents are valid only inside the callback they were given to, on its thread.");

        try
        {
            return ask(_database.GetCollection(collection));
        }
        catch (Exception failure)
        {
            Broken = true;
            if (failure is DomainException or IOException or (LiteException and not { ErrorCode: LiteException.INVALID_DATAFILE_STATE }))
                throw;

            // LiteDB reads what a page of a time before seals says as if it were true, until it meets what cannot be.
            throw StorageErrors.Damaged(collection, $"{failure.GetType().Name}: {failure.Message}");
        }
    }
}
