using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace LLMos.Server.Volumes;

/// <summary>One change of the volumes before it is durable: all its rules, on trees in memory, and the documents that say the same.</summary>
/// <remarks>A refusal leaves nothing: whoever made the edit drops it.</remarks>
/// <param name="ran">How long the server has run in all.</param>
/// <param name="nextId">Ids of nodes, bin entries and small contents, each larger than all before.</param>
/// <param name="storedAs">The number of a small content that is stored already.</param>
internal sealed partial class VolumeEdit(
    ImmutableDictionary<string, VolumeTree> trees, Author author, DateTime now, TimeSpan ran, VolumeOptions options, Func<long> nextId, Func<ContentHash, long?> storedAs)
{
    private readonly ImmutableDictionary<string, VolumeTree> _before = trees;
    private readonly Dictionary<ContentHash, Reference> _references = [];
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);

    public ImmutableDictionary<string, VolumeTree> Trees { get; private set; } = trees;

    /// <summary>The next version of a file has a larger number.</summary>
    public int LastVersion { private get; init; }

    public List<DocumentChange> Documents { get; } = [];

    public List<(string Volume, VolumeChange Change)> Changes { get; } = [];

    /// <summary>By how much more or less often each content is referred to.</summary>
    public IReadOnlyDictionary<ContentHash, Reference> References => _references;

    /// <summary>Makes the file, or its next version.</summary>
    public FileNode Write(Place place, ContentHash hash, long length, WriteCondition condition, bool makeFolders)
    {
        RequireNotRoot(place.Path);
        if (length > options.FileMegabytes * VolumeQuota.Megabyte)
            throw VolumeErrors.FileTooLarge(options.FileMegabytes * VolumeQuota.Megabyte);

        var existing = Find(place);
        if (existing is FolderNode)
            throw VolumeErrors.IsFolder(place.Path);
        var before = existing as FileNode;
        condition.Check(place.Path, before);

        var version = new FileVersion(before is null ? 1 : Math.Max(before.Current.Number, LastVersion) + 1, length, hash, now, author, Refer(hash, length, 1), ran);
        var file = before is null ? new(nextId(), place.Path.Name, now, version, []) : Next(before, version);
        Insert(place, file, makeFolders);
        Announce(place, before is null ? ChangeKind.Created : ChangeKind.Changed, file);
        return file;
    }

    /// <summary>Makes a folder, and those that it lies in when <paramref name="makeFolders"/> is set, which then may all be there already.</summary>
    public FolderNode MakeFolder(Place place, bool makeFolders)
    {
        switch (Find(place))
        {
            case FolderNode folder when makeFolders:
                return folder;
            case FileNode when makeFolders:
                throw VolumeErrors.IsFile(place.Path);
            case not null:
                throw VolumeErrors.Exists(place.Path);
        }

        var made = new FolderNode(nextId(), place.Path.Name, now);
        Insert(place, made, makeFolders);
        Announce(place, ChangeKind.Created, made);
        return made;
    }

    /// <summary>Moves a file or folder with all below it. What is replaced goes to the bin.</summary>
    public Node Move(Place from, Place to, bool overwrite, bool makeFolders)
    {
        var node = Require(from);
        RequireNotRoot(from.Path);
        if (from == to)
            return node;

        MakeWay(from, to, node, overwrite);
        var moved = node.Renamed(to.Path.Name);
        RequireFits(to.Path, moved);
        Remove(from, node);
        Insert(to, moved, makeFolders);
        if (from.Volume == to.Volume)
        {
            Announce(to, ChangeKind.Moved, moved, from.Path);
        }
        else
        {
            Announce(from, ChangeKind.Removed, node);
            Announce(to, ChangeKind.Created, moved);
        }

        return moved;
    }

    /// <summary>Copies the current versions. A file over a file becomes its next version.</summary>
    public Node Copy(Place from, Place to, bool overwrite, bool makeFolders) => Copy(Require(from), from, to, overwrite, makeFolders);

    /// <summary>The same for what lies in no stored volume.</summary>
    public Node Copy(Node node, Place from, Place to, bool overwrite, bool makeFolders)
    {
        if (node is FileNode { Current: var current })
            return Write(to, current.Hash, current.Length, overwrite ? WriteCondition.None : RequireFree(to), makeFolders);

        MakeWay(from, to, node, overwrite: false);
        RequireFits(to.Path, node);
        var copy = Clone(node, to.Path.Name);
        Insert(to, copy, makeFolders);
        Announce(to, ChangeKind.Created, copy);
        return copy;
    }

    /// <summary>Puts a file, or a folder with all below it, into the bin.</summary>
    /// <param name="recursive">Whether the folder may have something in it.</param>
    public BinEntry Delete(Place place, WriteCondition condition, bool recursive)
    {
        var node = Require(place);
        RequireNotRoot(place.Path);
        if (node is FolderNode { Count: > 0 } && !recursive)
            throw VolumeErrors.NotEmpty(place.Path);
        if (node is FileNode file)
            condition.Check(place.Path, file);

        Remove(place, node);
        var tree = Trees[place.Volume];
        var entry = new BinEntry(nextId(), node, place.Path.ToString(), now, ran, author);
        Documents.Add(VolumeDocuments.Put(tree.BinId, entry));
        Keep(tree.With(entry));
        Announce(place, ChangeKind.Removed, node);
        return entry;
    }

    /// <summary>Brings back what was deleted, to where it was or to <paramref name="to"/>; folders that are gone are made again.</summary>
    public Node Undelete(string volume, long entryId, Place? to)
    {
        var entry = RequireInBin(volume, entryId);
        var place = to ?? new(volume, VolumePath.Parse(entry.Path));
        RequireNotRoot(place.Path);
        RequireFree(place);

        Documents.Add(VolumeDocuments.Delete(Trees[volume].BinId, VolumeDocuments.BinName(entryId)));
        Keep(Trees[volume].Without(entryId));
        var node = entry.Node.Renamed(place.Path.Name);
        RequireFits(place.Path, node);
        Insert(place, node, makeFolders: true);
        Announce(place, ChangeKind.Created, node);
        return node;
    }

    /// <summary>Makes a former version the newest one.</summary>
    public FileNode Restore(Place place, int number, WriteCondition condition)
    {
        var file = Require(place) as FileNode ?? throw VolumeErrors.IsFolder(place.Path);
        var version = file.Versions.FirstOrDefault(version => version.Number == number) ?? throw VolumeErrors.VersionNotFound(place.Path, number);
        return Write(place, version.Hash, version.Length, condition, makeFolders: false);
    }

    /// <summary>Makes small contents durable that an edit to come refers to, in an entry of the bin that nobody sees: all in one edit would hold others up.</summary>
    /// <param name="entryId">That has the ones before; null: these are the first.</param>
    /// <returns>The entry, for <see cref="LetGo"/> and <see cref="Purge"/>.</returns>
    public long Hold(Place place, long? entryId, IEnumerable<StagedContent> contents)
    {
        var tree = Trees[place.Volume];
        if (entryId is null || !tree.Bin.TryGetValue(entryId.Value, out var entry))
        {
            entry = new(nextId(), new FolderNode(nextId(), place.Path.Name, now), place.Path.ToString(), now, ran, author, IsGoing: true, IsHeld: true);
            Documents.Add(VolumeDocuments.Put(tree.BinId, entry));
        }

        var folder = (FolderNode)entry.Node;
        foreach (var content in contents)
        {
            var id = nextId();
            var file = new FileNode(id, VolumeDocuments.BinName(id), now, new(1, content.Length, content.Hash, now, author, Refer(content.Hash, content.Length, 1)), []);
            Documents.Add(VolumeDocuments.Put(folder.Id, file));
            folder = folder.With(file);
        }

        Keep(tree.With(entry with { Node = folder }));
        return entry.Id;
    }

    /// <summary>What was held is referred to now: the entry may go.</summary>
    public void LetGo(string volume, long entryId)
    {
        if (Trees[volume].Bin.TryGetValue(entryId, out var entry))
            Keep(Trees[volume].With(entry with { IsHeld = false }));
    }

    /// <summary>Lets a former version go.</summary>
    public void Forget(Place place, FileNode file, FileVersion version)
    {
        Refer(version.Hash, version.Length, -1);
        Documents.Add(VolumeDocuments.Delete(file.Id, version));
        Keep(Trees[place.Volume].Change(place.Path.Parent, folder => folder.With(file.Without(version))));
    }

    /// <exception cref="Foundation.Errors.DomainException">A volume has grown beyond a bound.</exception>
    public void CheckQuotas()
    {
        // Only these: there may be a volume for each of thousands of people.
        foreach (var key in _changed)
            VolumeQuota.Check(_before.GetValueOrDefault(key)?.Root.Totals ?? default, Trees[key].Root.Totals, key, options);
    }

    /// <summary>Adds a volume that its owner has not used before.</summary>
    /// <param name="last">The number of a volume's last change, which it may have though it is new.</param>
    public void Open(string volume, Func<string, long> last)
    {
        if (Trees.ContainsKey(volume))
            return;

        var tree = VolumeTree.Empty(volume, nextId(), nextId(), now, last(volume));
        Documents.Add(new(VolumeDocuments.Volumes, volume, new() { ["_id"] = volume, ["r"] = tree.Root.Id, ["b"] = tree.BinId, ["c"] = now.Ticks }));
        Keep(tree);
    }

    private Node? Find(Place place) => Trees[place.Volume].Find(place.Path);

    private Node Require(Place place) => Find(place) ?? throw VolumeErrors.NotFound(place.Path);

    private BinEntry RequireInBin(string volume, long id) =>
        Trees[volume].Bin.TryGetValue(id, out var entry) && !entry.IsGoing ? entry : throw VolumeErrors.NotInBin(id);

    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.exists</c>.</exception>
    public WriteCondition RequireFree(Place place) =>
        Find(place) is null ? WriteCondition.None : throw VolumeErrors.Exists(place.Path);

    private static void RequireNotRoot(VolumePath path)
    {
        if (path.IsRoot)
            throw VolumeErrors.RootFixed(path);
    }

    /// <summary>Sees to it that nothing is at <paramref name="to"/>.</summary>
    private void MakeWay(Place from, Place to, Node node, bool overwrite)
    {
        RequireNotRoot(to.Path);
        if (from.Volume == to.Volume && to.Path.IsWithin(from.Path))
            throw VolumeErrors.IntoItself(from.Path, to.Path);

        var there = Find(to);
        if (there is null)
            return;
        if (!overwrite)
            throw VolumeErrors.Exists(to.Path);
        if (there is FolderNode && node is FileNode)
            throw VolumeErrors.IsFolder(to.Path);
        if (there is FileNode && node is FolderNode)
            throw VolumeErrors.IsFile(to.Path);
        Delete(to, WriteCondition.None, recursive: false);
    }

    private static void RequireFits(VolumePath path, Node node)
    {
        if (node is not FolderNode folder)
            return;

        // Only what is below can make a path too long, and joining it says so.
        foreach (var child in folder.Children)
            RequireFits(path.Join(child.Name), child);
    }

    private FileNode Next(FileNode file, FileVersion version)
    {
        var next = file.With(version, options.FormerVersions);
        if (options.FormerVersions > 0)
            Documents.Add(VolumeDocuments.Put(file.Id, file.Current));
        foreach (var gone in file.Versions.Take(file.Former.Length + 1 - next.Former.Length))
        {
            Refer(gone.Hash, gone.Length, -1);
            Documents.Add(VolumeDocuments.Delete(file.Id, gone));
        }

        return next;
    }

    private void Insert(Place place, Node node, bool makeFolders)
    {
        var parent = FolderFor(place, makeFolders);
        if (parent.Count >= options.MaxFolderEntries && parent.Find(node.Name) is null)
            throw VolumeErrors.FolderFull(place.Path.Parent, options.MaxFolderEntries);

        Documents.Add(VolumeDocuments.Put(parent.Id, node));
        Keep(Trees[place.Volume].Change(place.Path.Parent, folder => folder.With(node)));
    }

    private FolderNode FolderFor(Place place, bool make) => Find(place.Parent) switch
    {
        FolderNode folder => folder,
        null when make => MakeFolder(place.Parent, makeFolders: true),
        null => throw VolumeErrors.FolderMissing(place.Path.Parent),
        _ => throw VolumeErrors.IsFile(place.Path.Parent),
    };

    private void Remove(Place place, Node node)
    {
        var parent = (FolderNode)Find(place.Parent)!;
        Documents.Add(VolumeDocuments.Delete(parent.Id, node.Name));
        Keep(Trees[place.Volume].Change(place.Path.Parent, folder => folder.Without(node.Name)));
    }

    private Node Clone(Node node, string name)
    {
        if (node is FileNode file)
        {
            var stored = Refer(file.Current.Hash, file.Current.Length, 1);
            return new FileNode(nextId(), name, now, file.Current with { Number = 1, ModifiedAt = now, Author = author, StoredAs = stored, MadeAfter = ran }, []);
        }

        var id = nextId();
        List<Node> children = [];
        foreach (var child in ((FolderNode)node).Children)
            children.Add(Clone(child, child.Name));
        Documents.AddRange(children.Select(child => VolumeDocuments.Put(id, child)));
        return FolderNode.Of(id, name, now, children);
    }

    private void Keep(VolumeTree tree)
    {
        Trees = Trees.SetItem(tree.Key, tree);
        _changed.Add(tree.Key);
    }

    /// <returns>The number of the document that has the content, or 0.</returns>
    private long Refer(ContentHash hash, long length, int more)
    {
        ref var reference = ref CollectionsMarshal.GetValueRefOrAddDefault(_references, hash, out var isKnown);
        var stored = isKnown ? reference.StoredAs : length > ContentStore.MostInline ? 0 : storedAs(hash) ?? nextId();
        reference = new(length, reference.More + more, stored);
        return stored;
    }

    private void Announce(Place place, ChangeKind kind, Node node, VolumePath? from = null)
    {
        var tree = Trees[place.Volume];
        Keep(tree with { Sequence = tree.Sequence + 1 });
        var version = kind == ChangeKind.Removed ? null : (node as FileNode)?.Current.Number;
        Changes.Add((place.Volume, new(tree.Sequence + 1, kind, place.Path, from, node is FolderNode, version, now, author.Name)));
    }

    /// <param name="More">How many references more; negative: fewer.</param>
    public readonly record struct Reference(long Length, int More, long StoredAs);
}
