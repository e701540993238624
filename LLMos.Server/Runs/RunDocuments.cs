using System.Text.Json;
using LiteDB;
using LLMos.Server.Foundation.Storage;
using MessagePack;
using MessagePack.Resolvers;
using JsonSerializer = System.Text.Json.JsonSerializer;

namespace LLMos.Server.Runs;

/// <summary>A run as two documents: a small one, which is read at the start, and its record, which is read when somebody asks for it.</summary>
/// <remarks>MessagePack, because text takes no more bytes there than it was sent with: JSON has six for each <c>&lt;</c>.</remarks>
internal static class RunDocuments
{
    public const string Index = "run_index", Records = "run_records";

    /// <summary>Where earlier versions kept index and record as one JSON text.</summary>
    public const string Former = "runs";

    private static readonly JsonSerializerOptions FormerJson = new(JsonSerializerDefaults.Web);

    private static readonly MessagePackSerializerOptions Form = MessagePackSerializerOptions.Standard.WithResolver(
        CompositeResolver.Create(NativeDateTimeResolver.Instance, ContractlessStandardResolverAllowPrivate.Instance));

    public static byte[] Encode(StoredRun run) => MessagePackSerializer.Serialize(run, Form);

    public static void Put(Documents documents, KeptRun kept, byte[] record)
    {
        documents.Put(Index, new() { ["_id"] = kept.Summary.Id, ["run"] = MessagePackSerializer.Serialize(kept, Form) });
        documents.Put(Records, new() { ["_id"] = kept.Summary.Id, ["run"] = record });
        documents.Delete(Former, kept.Summary.Id);
    }

    public static void Delete(Documents documents, string id)
    {
        documents.Delete(Index, id);
        documents.Delete(Records, id);
        documents.Delete(Former, id);
    }

    public static StoredRun? Find(Documents documents, string id) =>
        documents.Find(Records, id) is { } document ? MessagePackSerializer.Deserialize<StoredRun>(document["run"].AsBinary, Form)
        : documents.Find(Former, id) is { } former ? ReadFormer(former)
        : null;

    public static KeptRun ReadIndex(BsonDocument document) => MessagePackSerializer.Deserialize<KeptRun>(document["run"].AsBinary, Form);

    public static StoredRun ReadFormer(BsonDocument document) => JsonSerializer.Deserialize<StoredRun>(document["json"].AsBinary, FormerJson)!;
}
