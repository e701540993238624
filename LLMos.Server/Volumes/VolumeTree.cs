using System.Collections.Immutable;

namespace LLMos.Server.Volumes;

/// <summary>A file or folder that was deleted and can be brought back.</summary>
/// <param name="Id">Unique in the server; later ones are larger.</param>
/// <param name="Path">Where it was.</param>
/// <param name="DeletedAfter">How long the server had run in all: ages are counted by that.</param>
/// <param name="IsGoing">It is being removed for good, piece by piece.</param>
/// <param name="IsHeld">It has the contents of an import that is under way: it goes after that, or at the next start, which knows of no import.</param>
internal sealed record BinEntry(
    long Id, Node Node, string Path, DateTime DeletedAt, TimeSpan DeletedAfter, Author DeletedBy, bool IsGoing = false, bool IsHeld = false)
{
    // Of a path, whose text is in memory as long as the entry is.
    private const int CharactersOfNode = 256;

    /// <summary>Of what is kept so that it can be brought back.</summary>
    public Totals Totals => IsHeld ? default : Node.Totals;

    /// <summary>The nodes that it counts for in the bin: those that it has, and more for a long path.</summary>
    public int Weight => IsHeld ? 0 : Node.Totals.Nodes + (Path.Length / CharactersOfNode);
}

/// <summary>One volume at one moment.</summary>
/// <param name="Key"><c>team</c>, <c>system</c>, or <c>user</c> and the owner's account.</param>
/// <param name="BinId">The folder that deleted nodes lie in, as far as the database is concerned.</param>
/// <param name="BinTotals">Of what is in the bin.</param>
/// <param name="BinWeight">Of all entries of the bin.</param>
/// <param name="Sequence">Of its last change; 0, or more after a restore, when there was none.</param>
internal sealed record VolumeTree(
    string Key, FolderNode Root, long BinId, ImmutableSortedDictionary<long, BinEntry> Bin, Totals BinTotals, int BinWeight, long Sequence)
{
    /// <summary>Of all versions of what is in the bin.</summary>
    public long BinBytes => BinTotals.AllBytes;

    /// <summary>Files and folders in the bin, those below its entries too.</summary>
    public int BinNodes => BinTotals.Nodes;

    /// <summary>What counts among the bytes that are kept so that something can be brought back.</summary>
    public long KeptBytes => Root.Totals.FormerKeptBytes + BinTotals.KeptBytes;

    /// <summary>What all versions of all files refer to, those in the bin too; each as often as it is referred to.</summary>
    public IEnumerable<ContentReference> Contents =>
        from node in Bin.Values.Select(entry => entry.Node).Prepend(Root)
        from file in FilesIn(node)
        from version in file.Versions
        select version.Content;

    public static VolumeTree Empty(string key, long rootId, long binId, DateTime now, long sequence = 0) =>
        new(key, new(rootId, key, now), binId, ImmutableSortedDictionary<long, BinEntry>.Empty, BinTotals: default, BinWeight: 0, sequence);

    public static string KeyOf(VolumeKind volume, string accountId) => volume == VolumeKind.User ? $"user/{accountId}" : VolumePath.NameOf(volume);

    public Node? Find(VolumePath path)
    {
        Node? found = Root;
        foreach (var segment in path.Segments)
            found = (found as FolderNode)?.Find(segment);
        return found;
    }

    /// <summary>The tree in which the folder at <paramref name="path"/>, which exists, is another.</summary>
    public VolumeTree Change(VolumePath path, Func<FolderNode, FolderNode> change) => this with { Root = Change(Root, path.Segments.AsSpan(), change) };

    public VolumeTree With(BinEntry entry) => Without(entry.Id) is var tree
        ? tree with { Bin = tree.Bin.SetItem(entry.Id, entry), BinTotals = tree.BinTotals + entry.Totals, BinWeight = tree.BinWeight + entry.Weight }
        : this;

    public VolumeTree Without(long binEntry) => Bin.TryGetValue(binEntry, out var entry)
        ? this with { Bin = Bin.Remove(binEntry), BinTotals = BinTotals - entry.Totals, BinWeight = BinWeight - entry.Weight }
        : this;

    public static IEnumerable<FileNode> FilesIn(Node node)
    {
        var open = new Stack<Node>([node]);
        while (open.TryPop(out var next))
        {
            if (next is FileNode file)
                yield return file;
            foreach (var child in next is FolderNode folder ? folder.Children : [])
                open.Push(child);
        }
    }

    private static FolderNode Change(FolderNode folder, ReadOnlySpan<string> path, Func<FolderNode, FolderNode> change) =>
        path.IsEmpty ? change(folder) : folder.With(Change((FolderNode)folder.Find(path[0])!, path[1..], change));
}
