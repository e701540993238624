using LiteDB;

namespace LLMos.Server.Volumes;

/// <summary>Numbers that are never given twice, also over restarts: the database always has one that is larger than all given.</summary>
/// <param name="reserved">What the database has.</param>
internal sealed class VolumeIds(long reserved)
{
    public const string Document = "next";

    private const long Step = 10_000;

    private long _next = reserved;
    private long _reserved = reserved;

    public long Next() => _next++;

    /// <summary>What must become durable together with the ids that were given since; null: nothing.</summary>
    public DocumentChange? Reserve()
    {
        if (_next < _reserved)
            return null;

        _reserved = _next + Step;
        return new(VolumeDocuments.Volumes, Document, new BsonDocument { ["n"] = _reserved });
    }

    /// <summary>The last reservation may not have become durable.</summary>
    public void ReserveAnew() => _reserved = 0;
}
