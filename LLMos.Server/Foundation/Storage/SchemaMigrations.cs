using LiteDB;

namespace LLMos.Server.Foundation.Storage;

/// <summary>Which form the documents have, and how an older form becomes today's.</summary>
/// <param name="Steps">Step 0 brings version 1 to 2, and so on; all that are due run as one change.</param>
internal sealed record SchemaMigrations(IReadOnlyList<Action<Documents>> Steps)
{
    public const string Collection = "meta";
    private static readonly BsonValue Id = "schema";

    // 2: large contents and logs of runs are in hidden folders, where an earlier program finds none of them. The documents are the same.
    public static readonly SchemaMigrations Known = new([_ => { }]);

    public int Current => Steps.Count + 1;

    public static int? VersionOf(Documents documents) =>
        documents.Find(Collection, Id)?["version"] is { IsInt32: true } version ? version.AsInt32 : null;

    /// <exception cref="Errors.DomainException"><c>storage.newer_schema</c>.</exception>
    public void Check(int version)
    {
        if (version > Current)
            throw StorageErrors.NewerSchema(version, Current);
    }

    public void Apply(Documents documents, int from)
    {
        foreach (var step in Steps.Skip(from - 1))
            step(documents);
        Mark(documents);
    }

    public void Mark(Documents documents) =>
        documents.Put(Collection, new BsonDocument { ["_id"] = Id, ["version"] = Current });
}
