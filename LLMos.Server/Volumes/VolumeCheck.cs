using System.Collections.Immutable;
using LLMos.Server.Foundation.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <summary>Whether the volumes are whole: memory against the database, and every content against its length or its hash.</summary>
internal sealed class VolumeCheck(Database database, VolumeStore store, ContentStore contents, IOptions<VolumeOptions> options, ILogger<VolumeCheck> log)
{
    private const int MostShown = 100;

    /// <summary>Every content that a version refers to is there and has its length.</summary>
    public Task<VolumeCheckResult> QuickAsync(CancellationToken cancellation) => CheckAsync([], content => contents.Examine(content, deep: false), cancellation);

    /// <summary>Reads everything. The comparison with the database holds writers up: some 300 ms for 100,000 files.</summary>
    public Task<VolumeCheckResult> DeepAsync(CancellationToken cancellation) =>
        Task.Run(() => CheckAsync(database.Read(Differences), content => contents.Examine(content, deep: true), cancellation), cancellation);

    private async Task<VolumeCheckResult> CheckAsync(List<VolumeDamage> damage, Func<ContentReference, string?> examine, CancellationToken cancellation)
    {
        // Not on the caller's time: a check at the start is no reason to start later.
        await Task.Yield();
        var trees = store.Trees;
        var bad = new Dictionary<ContentReference, string>();
        var all = trees.Values.SelectMany(tree => tree.Contents).ToHashSet();
        foreach (var content in all)
        {
            cancellation.ThrowIfCancellationRequested();
            if (examine(content) is { } problem)
                bad[content] = problem;
        }

        // What somebody let go in the meantime is not missing.
        if (bad.Count > 0)
            damage.AddRange(store.Trees.Values.SelectMany(tree => Damaged(tree, bad)));
        var totals = trees.Values.Select(tree => tree.Root.Totals).Aggregate(new Totals(), (sum, each) => sum + each);
        var result = new VolumeCheckResult(trees.Count, totals.Files, totals.Folders - trees.Count, all.Count, all.Sum(content => content.Length), damage.Count, [.. damage.Take(MostShown)]);
        if (result.Problems > 0)
            log.VolumesDamaged(result.Problems, string.Join("; ", result.Damage.Take(10)));
        return result;
    }

    /// <summary>What memory has and the database has not, or the other way round. A batch is published before the gate opens again, so both say the same.</summary>
    private List<VolumeDamage> Differences(Documents documents)
    {
        var (memory, loaded) = (store.Trees, VolumeLoading.Load(documents, new(options), NullLogger.Instance));
        var damage = memory.Keys.Union(loaded.Trees.Keys).SelectMany(key => Differences(key, memory.GetValueOrDefault(key), loaded.Trees.GetValueOrDefault(key))).ToList();
        if (loaded.Orphans > 0)
            damage.Add(new("", "", null, $"the database has {loaded.Orphans} documents that belong to no file or folder"));
        return damage;
    }

    private static IEnumerable<VolumeDamage> Differences(string key, VolumeTree? memory, VolumeTree? stored)
    {
        if (memory is null || stored is null || memory.Sequence != stored.Sequence || memory.Root.Id != stored.Root.Id || memory.BinId != stored.BinId)
            yield return new(key, "", null, "the volume is not as the database has it");
        var (left, right) = (Everything(memory), Everything(stored));
        foreach (var path in left.Keys.Union(right.Keys))
        {
            if (!left.TryGetValue(path, out var one) || !right.TryGetValue(path, out var other) || !AreEqual(one, other))
                yield return new(key, path, null, "it is not as the database has it");
        }
    }

    private static bool AreEqual(Node one, Node other) =>
        one.Id == other.Id && one.CreatedAt == other.CreatedAt && one.Totals == other.Totals
        && ((one as FileNode)?.Versions ?? []).SequenceEqual((other as FileNode)?.Versions ?? []);

    private static IEnumerable<VolumeDamage> Damaged(VolumeTree tree, Dictionary<ContentReference, string> bad) =>
        from node in Everything(tree)
        from version in (node.Value as FileNode)?.Versions ?? []
        where bad.ContainsKey(version.Content)
        select new VolumeDamage(tree.Key, node.Key, version.Number, bad[version.Content]);

    private static Dictionary<string, Node> Everything(VolumeTree? tree)
    {
        var found = new Dictionary<string, Node>(StringComparer.Ordinal);
        if (tree is null)
            return found;

        var open = new Stack<(string Path, Node Node)>(tree.Bin.Values.Select(entry => ($"(bin {entry.Id}) {entry.Path}", entry.Node)).Prepend((tree.Key.Split('/')[0], tree.Root)));
        while (open.TryPop(out var next))
        {
            found.Add(next.Path, next.Node);
            foreach (var child in next.Node is FolderNode folder ? folder.Children : [])
                open.Push(($"{next.Path}/{child.Name}", child));
        }

        return found;
    }
}

/// <param name="Contents">Different ones.</param>
/// <param name="Bytes">Of the contents.</param>
/// <param name="Damage">The first of the problems.</param>
internal sealed record VolumeCheckResult(int Volumes, int Files, int Folders, int Contents, long Bytes, int Problems, ImmutableArray<VolumeDamage> Damage);

/// <param name="Volume">With its owner's account; empty: the database as a whole.</param>
/// <param name="Path">Empty: the volume as a whole.</param>
/// <param name="Version">Whose content is damaged; null: it is not a content.</param>
internal sealed record VolumeDamage(string Volume, string Path, int? Version, string Problem);
