using LiteDB;
using LLMos.Server.Foundation.Storage;

namespace LLMos.Server.Volumes;

/// <summary>Numbers that are never given twice, also over restarts: the database always has one that is larger than all given.</summary>
/// <remarks>
/// A backup knows nothing of the numbers that were given after it was made, and clients do: ids, numbers of changes and of
/// versions all begin further up after a restore. Otherwise a watcher would miss changes, and a tag would name two contents.
/// </remarks>
/// <param name="reserved">What the database has.</param>
/// <param name="restores">How often it was restored.</param>
internal sealed class VolumeIds(long reserved, int restores)
{
    public const string Document = "next";

    private const long Step = 10_000;

    // More than are given between two backups, and few enough for a number of JavaScript and for an Int32.
    private const long StepOfRestore = 1_000_000_000;
    private const int VersionsOfRestore = 1_000_000;

    private long _next = reserved;
    private long _reserved = reserved;

    /// <summary>The next version of a file that was there before has a larger number.</summary>
    public int LastVersion => restores * VersionsOfRestore;

    /// <summary>The next change of every volume has a larger number.</summary>
    public static long LastChange(int restores) => restores * StepOfRestore;

    public static (long Reserved, int Restores) Read(BsonDocument document) => (document["n"].AsInt64, document["r"] is { IsInt32: true } restores ? restores.AsInt32 : 0);

    /// <summary>For a database that is restored.</summary>
    public static void Renew(Documents documents)
    {
        var (reserved, restores) = documents.Find(VolumeDocuments.Volumes, Document) is { } found ? Read(found) : (1, 0);
        documents.Put(VolumeDocuments.Volumes, new() { ["_id"] = Document, ["n"] = reserved + StepOfRestore, ["r"] = restores + 1 });
    }

    public long Next() => _next++;

    /// <summary>What must become durable together with the ids that were given since; null: nothing.</summary>
    public DocumentChange? Reserve()
    {
        if (_next < _reserved)
            return null;

        _reserved = _next + Step;
        return new(VolumeDocuments.Volumes, Document, new BsonDocument { ["n"] = _reserved, ["r"] = restores });
    }

    /// <summary>The last reservation may not have become durable.</summary>
    public void ReserveAnew() => _reserved = 0;
}
