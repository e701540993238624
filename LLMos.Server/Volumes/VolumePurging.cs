namespace LLMos.Server.Volumes;

/// <summary>What is removed for good, the leaves first and some nodes at a time, so that others get their turns.</summary>
internal sealed partial class VolumeEdit
{
    /// <summary>Removes an entry of the bin for good, the leaves first, <paramref name="most"/> nodes at a time.</summary>
    /// <returns>Whether it is gone.</returns>
    public bool Purge(string volume, long entryId, int most)
    {
        if (!Trees[volume].Bin.TryGetValue(entryId, out var entry))
            return true;

        var tree = Trees[volume];
        var rest = entry.Node is FolderNode folder ? Shrink(folder, ref most) : null;
        if (rest is null)
        {
            if (entry.Node is FileNode file)
                ForgetAll(file);
            Documents.Add(VolumeDocuments.Delete(tree.BinId, VolumeDocuments.BinName(entryId)));
            Keep(tree.Without(entryId));
            return true;
        }

        // From now on it cannot come back: it is no longer whole.
        entry = entry with { Node = rest, IsGoing = true };
        Documents.Add(VolumeDocuments.Put(tree.BinId, entry));
        Keep(tree.With(entry));
        return false;
    }

    /// <summary>Removes all that is in a volume, its bin first, without telling watchers, <paramref name="most"/> nodes at a time.</summary>
    /// <returns>Whether it is empty.</returns>
    public bool Clear(string volume, int most)
    {
        var tree = Trees[volume];
        if (!tree.Bin.IsEmpty)
        {
            Purge(volume, tree.Bin.Keys.First(), most);
            return false;
        }

        if (tree.Root.Count == 0)
            return true;
        Keep(tree with { Root = Shrink(tree.Root, ref most) ?? new FolderNode(tree.Root.Id, tree.Root.Name, tree.Root.CreatedAt) });
        return false;
    }

    /// <summary>Removes documents of a volume's history.</summary>
    /// <param name="first">The number of the first change of each.</param>
    public void ForgetChanges(string volume, IEnumerable<long> first)
    {
        var root = Trees[volume].Root.Id;
        Documents.AddRange(first.Select(number => new DocumentChange(VolumeDocuments.Changes, VolumeDocuments.Numbered(root, number), null)));
    }

    /// <summary>Removes a volume that is empty and has no history.</summary>
    public void Remove(string volume)
    {
        Documents.Add(new(VolumeDocuments.Volumes, volume, null));
        Trees = Trees.Remove(volume);
    }

    /// <summary>What is left of a folder when at most <paramref name="most"/> nodes are removed; null: nothing.</summary>
    private FolderNode? Shrink(FolderNode folder, ref int most)
    {
        foreach (var child in folder.Children)
        {
            if (most <= 0)
                return folder;
            if (child is FolderNode inner && Shrink(inner, ref most) is { } rest)
                return folder.With(rest);
            if (child is FileNode file)
                most -= ForgetAll(file);

            Documents.Add(VolumeDocuments.Delete(folder.Id, child.Name));
            folder = folder.Without(child.Name);
        }

        most--;
        return null;
    }

    /// <returns>How many documents that takes.</returns>
    private int ForgetAll(FileNode file)
    {
        foreach (var version in file.Versions)
            Refer(version.Hash, version.Length, -1);
        Documents.AddRange(file.Former.Select(version => VolumeDocuments.Delete(file.Id, version)));
        return 1 + file.Former.Length;
    }
}
