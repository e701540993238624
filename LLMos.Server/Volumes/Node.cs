using System.Collections.Immutable;

namespace LLMos.Server.Volumes;

/// <summary>What is in a folder and all below it.</summary>
/// <param name="Bytes">Of the files' current versions.</param>
/// <param name="FormerBytes">Of the versions before.</param>
/// <param name="FormerKeptBytes">What those count for among the bytes that are kept: see <see cref="FileVersion.KeptBytes"/>.</param>
internal readonly record struct Totals(int Files, int Folders, long Bytes, long FormerBytes, long FormerKeptBytes)
{
    public int Nodes => Files + Folders;

    public long AllBytes => Bytes + FormerBytes;

    /// <summary>What all this counts for among the bytes that are kept, once it is in the bin.</summary>
    public long KeptBytes => Bytes + FormerKeptBytes;

    public static Totals operator +(Totals a, Totals b) => new(
        a.Files + b.Files, a.Folders + b.Folders, a.Bytes + b.Bytes, a.FormerBytes + b.FormerBytes, a.FormerKeptBytes + b.FormerKeptBytes);

    public static Totals operator -(Totals a, Totals b) => new(
        a.Files - b.Files, a.Folders - b.Folders, a.Bytes - b.Bytes, a.FormerBytes - b.FormerBytes, a.FormerKeptBytes - b.FormerKeptBytes);
}

/// <summary>A file or a folder. Never changes: a change makes a new one, and new folders up to the root.</summary>
/// <param name="id">Unique in the server and never used again.</param>
/// <param name="totals">Of this and what is below.</param>
internal abstract class Node(long id, string name, DateTime createdAt, Totals totals)
{
    public long Id => id;

    public string Name => name;

    public DateTime CreatedAt => createdAt;

    public Totals Totals => totals;

    public abstract Node Renamed(string newName);
}

/// <param name="former">The versions before the current one that are kept, oldest first.</param>
internal sealed class FileNode(long id, string name, DateTime createdAt, FileVersion current, ImmutableArray<FileVersion> former)
    : Node(id, name, createdAt, new(1, 0, current.Length, former.Sum(version => version.Length), former.Sum(version => version.KeptBytes)))
{
    public FileVersion Current => current;

    public ImmutableArray<FileVersion> Former => former;

    public FileTag Tag => new(Id, current.Number);

    public IEnumerable<FileVersion> Versions => former.Append(current);

    public override FileNode Renamed(string newName) => new(Id, newName, CreatedAt, current, former);

    public FileNode With(FileVersion newest, int mostFormer) =>
        new(Id, Name, CreatedAt, newest, former.Add(current) is var all && all.Length > mostFormer ? all[^mostFormer..] : all);

    public FileNode Without(FileVersion version) => new(Id, Name, CreatedAt, current, former.Remove(version));
}

internal sealed class FolderNode : Node
{
    private readonly ImmutableSortedDictionary<string, Node> _children;
    private Node[]? _sorted;

    public FolderNode(long id, string name, DateTime createdAt)
        : this(id, name, createdAt, ImmutableSortedDictionary.Create<string, Node>(StringComparer.Ordinal), new(0, 1, 0, 0, 0))
    {
    }

    private FolderNode(long id, string name, DateTime createdAt, ImmutableSortedDictionary<string, Node> children, Totals totals)
        : base(id, name, createdAt, totals) => _children = children;

    /// <summary>In the order of their names' UTF-16 code units.</summary>
    public ReadOnlySpan<Node> Children => Sorted;

    public int Count => _children.Count;

    // Made when first asked for, as most folders change without being listed.
    private Node[] Sorted => _sorted ??= [.. _children.Values];

    public static FolderNode Of(long id, string name, DateTime createdAt, IReadOnlyCollection<Node> children) => new(
        id, name, createdAt,
        children.ToImmutableSortedDictionary(child => child.Name, child => child, StringComparer.Ordinal),
        children.Aggregate(new Totals(0, 1, 0, 0, 0), (sum, child) => sum + child.Totals));

    /// <summary>At most so many children after <paramref name="after"/>, which need not be one; null: from the first.</summary>
    public ArraySegment<Node> Page(string? after, int most)
    {
        var sorted = Sorted;
        var (low, high) = (0, after is null ? 0 : sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(sorted[middle].Name, after) <= 0)
                low = middle + 1;
            else
                high = middle;
        }

        return new(sorted, low, Math.Min(most, sorted.Length - low));
    }

    public Node? Find(string name) => _children.GetValueOrDefault(name);

    public override FolderNode Renamed(string newName) => new(Id, newName, CreatedAt, _children, Totals);

    /// <summary>With a child that is new or takes the place of the one of its name.</summary>
    public FolderNode With(Node child) => new(
        Id, Name, CreatedAt, _children.SetItem(child.Name, child), Totals + child.Totals - (Find(child.Name)?.Totals ?? default));

    public FolderNode Without(string name) => Find(name) is { } child
        ? new(Id, Name, CreatedAt, _children.Remove(name), Totals - child.Totals)
        : this;
}
