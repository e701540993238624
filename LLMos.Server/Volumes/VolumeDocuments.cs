using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using LiteDB;

namespace LLMos.Server.Volumes;

/// <summary>A document to put, or, when it is null, to delete.</summary>
/// <param name="IsNew">Whether the id was never used before.</param>
internal readonly record struct DocumentChange(string Collection, BsonValue Id, BsonDocument? Document, bool IsNew = false);

/// <summary>Nodes and versions as documents: ids are parent and name, so that a folder is one range and a rename one document.</summary>
internal static class VolumeDocuments
{
    public const string Nodes = "nodes", Versions = "versions", Contents = "contents", Changes = "changes", Volumes = "volumes";

    private const int IdBytes = 8;

    public static BsonValue NodeId(long parent, string name)
    {
        var id = new byte[IdBytes + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteInt64BigEndian(id, parent);
        Encoding.UTF8.GetBytes(name, id.AsSpan(IdBytes));
        return id;
    }

    public static (long Parent, string Name) ReadNodeId(BsonValue id) =>
        (BinaryPrimitives.ReadInt64BigEndian(id.AsBinary), Encoding.UTF8.GetString(id.AsBinary.AsSpan(IdBytes)));

    public static BsonValue Numbered(long of, long number)
    {
        var id = new byte[2 * IdBytes];
        BinaryPrimitives.WriteInt64BigEndian(id, of);
        BinaryPrimitives.WriteInt64BigEndian(id.AsSpan(IdBytes), number);
        return id;
    }

    public static (long Of, long Number) ReadNumbered(BsonValue id) =>
        (BinaryPrimitives.ReadInt64BigEndian(id.AsBinary), BinaryPrimitives.ReadInt64BigEndian(id.AsBinary.AsSpan(IdBytes)));

    public static string BinName(long entry) => entry.ToString("x16", CultureInfo.InvariantCulture);

    public static DocumentChange Put(long parent, Node node) => new(Nodes, NodeId(parent, node.Name), Of(node));

    public static DocumentChange Delete(long parent, string name) => new(Nodes, NodeId(parent, name), null);

    public static DocumentChange Put(long bin, BinEntry entry)
    {
        var document = Of(entry.Node);
        document["p"] = entry.Path;
        document["d"] = entry.DeletedAt.Ticks;
        document["e"] = entry.DeletedAfter.Ticks;
        document["x"] = Of(entry.DeletedBy);
        document["g"] = entry.IsGoing;
        return new(Nodes, NodeId(bin, BinName(entry.Id)), document);
    }

    public static DocumentChange Put(long file, FileVersion version) => new(Versions, Numbered(file, version.Number), Of(version));

    public static DocumentChange Delete(long file, FileVersion version) => new(Versions, Numbered(file, version.Number), null);

    public static FileVersion ReadVersion(BsonDocument document) => new(
        document["v"].AsInt32, document["l"].AsInt64, ContentHash.Read(document["h"].AsBinary), Time(document["m"]), ReadAuthor(document["a"]), document["s"].AsInt64, Span(document["t"]));

    public static BinEntry ReadBinEntry(long id, BsonDocument document, Node node) =>
        new(id, node, document["p"].AsString, Time(document["d"]), Span(document["e"]), ReadAuthor(document["x"]), document["g"].AsBoolean);

    public static DateTime Time(BsonValue ticks) => new(ticks.AsInt64, DateTimeKind.Utc);

    // An earlier version counted nothing: its ages begin with this one.
    private static TimeSpan Span(BsonValue ticks) => ticks.IsInt64 ? TimeSpan.FromTicks(ticks.AsInt64) : TimeSpan.Zero;

    private static BsonDocument Of(Node node)
    {
        var document = node is FileNode file ? Of(file.Current) : [];
        document["i"] = node.Id;
        document["c"] = node.CreatedAt.Ticks;
        return document;
    }

    private static BsonDocument Of(FileVersion version) => new()
    {
        ["v"] = version.Number,
        ["l"] = version.Length,
        ["h"] = version.Hash.ToArray(),
        ["m"] = version.ModifiedAt.Ticks,
        ["a"] = Of(version.Author),
        ["s"] = version.StoredAs,
        ["t"] = version.MadeAfter.Ticks,
    };

    private static BsonArray Of(Author author) => [author.AccountId, author.Name, author.Via];

    private static Author ReadAuthor(BsonValue author) => new(author[0].AsString, author[1].AsString, author[2].AsString);
}
