using System.Collections.Immutable;
using LiteDB;
using LLMos.Server.Foundation.Storage;

namespace LLMos.Server.Volumes;

/// <summary>The volumes as the database has them, and the smallest id that was never given.</summary>
/// <param name="Restores">How often the database was restored.</param>
/// <param name="Orphans">Documents that belong to nothing.</param>
internal sealed record LoadedVolumes(ImmutableDictionary<string, VolumeTree> Trees, long NextId, int Restores, int Orphans);

/// <summary>From documents to trees, at the start. What does not fit together is left out and told in the log.</summary>
internal sealed class VolumeLoading
{
    // Documents of changes that are in memory at the same time, of at most 1 MB each.
    private const int AtOnce = 16;

    private readonly Dictionary<long, List<(string Name, BsonDocument Document)>> _children = [];
    private readonly Dictionary<long, List<FileVersion>> _former = [];
    private readonly HashSet<long> _seen = [];

    private VolumeLoading()
    {
    }

    public static LoadedVolumes Load(Documents documents, VolumeHistory history, ILogger log)
    {
        var loading = new VolumeLoading();
        documents.Each(VolumeDocuments.Nodes, loading.AddNode);
        documents.Each(VolumeDocuments.Versions, loading.AddVersion);

        var (next, restores, trees) = (1L, 0, new Dictionary<string, VolumeTree>(StringComparer.Ordinal));
        documents.Each(VolumeDocuments.Volumes, document =>
        {
            if (document["_id"].AsString == VolumeIds.Document)
                (next, restores) = VolumeIds.Read(document);
            else
                trees[document["_id"].AsString] = loading.Tree(document);
        });
        history.Begin(VolumeIds.LastChange(restores));
        foreach (var tree in trees.Values.ToList())
        {
            history.Load(tree.Key, ChangesOf(tree.Root.Id, documents));
            trees[tree.Key] = tree with { Sequence = history.Last(tree.Key) };
        }

        return new(trees.ToImmutableDictionary(StringComparer.Ordinal), next, restores, loading.Report(log));
    }

    private static IEnumerable<BsonDocument> ChangesOf(long root, Documents documents)
    {
        var (from, last) = (VolumeDocuments.Numbered(root, 0), VolumeDocuments.Numbered(root, long.MaxValue));
        IReadOnlyList<BsonDocument> page;
        do
        {
            page = documents.Between(VolumeDocuments.Changes, from, last, AtOnce);
            foreach (var document in page)
                yield return document;
            if (page.Count > 0)
                from = VolumeDocuments.Numbered(root, VolumeDocuments.ReadNumbered(page[^1]["_id"]).Number + 1);
        }
        while (page.Count == AtOnce);
    }

    private void AddNode(BsonDocument document)
    {
        var (parent, name) = VolumeDocuments.ReadNodeId(document["_id"]);
        ListOf(_children, parent).Add((name, document));
    }

    private void AddVersion(BsonDocument document) =>
        ListOf(_former, VolumeDocuments.ReadNumbered(document["_id"]).Of).Add(VolumeDocuments.ReadVersion(document));

    private VolumeTree Tree(BsonDocument document)
    {
        var (key, root, bin) = (document["_id"].AsString, document["r"].AsInt64, document["b"].AsInt64);
        var tree = VolumeTree.Empty(key, root, bin, VolumeDocuments.Time(document["c"])) with
        {
            Root = FolderNode.Of(root, key, VolumeDocuments.Time(document["c"]), ChildrenOf(root)),
        };
        _seen.Add(bin);
        foreach (var (name, binned) in _children.GetValueOrDefault(bin) ?? [])
        {
            var entry = Convert.ToInt64(name, 16);
            var wasNamed = binned["p"].AsString;
            tree = tree.With(VolumeDocuments.ReadBinEntry(entry, binned, NodeOf(wasNamed[(wasNamed.LastIndexOf('/') + 1)..], binned)));
        }

        return tree;
    }

    private List<Node> ChildrenOf(long folder)
    {
        _seen.Add(folder);
        return [.. (_children.GetValueOrDefault(folder) ?? []).Select(child => NodeOf(child.Name, child.Document))];
    }

    private Node NodeOf(string name, BsonDocument document)
    {
        var (id, created) = (document["i"].AsInt64, VolumeDocuments.Time(document["c"]));
        if (!document.ContainsKey("h"))
            return FolderNode.Of(id, name, created, ChildrenOf(id));

        var former = _former.GetValueOrDefault(id) ?? [];
        _former.Remove(id);
        return new FileNode(id, name, created, VolumeDocuments.ReadVersion(document), [.. former]);
    }

    private int Report(ILogger log)
    {
        var orphans = _children.Where(folder => !_seen.Contains(folder.Key)).Sum(folder => folder.Value.Count);
        if (orphans > 0 || _former.Count > 0)
            log.Orphans(orphans, _former.Count);
        return orphans + _former.Values.Sum(versions => versions.Count);
    }

    private static List<T> ListOf<T>(Dictionary<long, List<T>> lists, long key)
    {
        if (!lists.TryGetValue(key, out var list))
            lists[key] = list = [];
        return list;
    }
}
