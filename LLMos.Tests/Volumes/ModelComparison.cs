using LLMos.Server.Volumes;

namespace LLMos.Tests.Volumes;

/// <summary>Whether the volumes are what their model says.</summary>
internal sealed class ModelComparison(OpenVolumes volumes, string within)
{
    /// <returns>What differs first; null: nothing.</returns>
    public string? Difference(ModelVolumes model) => Nodes(model) ?? Bin(model);

    /// <summary>Those that only hold when nobody else has a hand in the volumes.</summary>
    public string? DifferenceOfWholes(ModelVolumes model)
    {
        HashSet<long> ids = [];
        foreach (var volume in new[] { VolumeKind.User, VolumeKind.Team })
        {
            var (tree, name) = (volumes.Files.Tree(OpenVolumes.Anna, volume), VolumePath.NameOf(volume));
            var files = model.Nodes.Where(node => node.Key.StartsWith(name + "/", StringComparison.Ordinal)).ToList();
            var totals = new Totals(
                files.Count(node => node.Value is not null), files.Count(node => node.Value is null) + 1, model.Bytes(name),
                files.Sum(node => FormerBytes(node.Value)), files.Sum(node => FormerBytes(node.Value, least: 8 * 1024)));
            if (tree.Root.Totals != totals)
                return $"{name} has {tree.Root.Totals} instead of {totals}";
            var binBytes = model.Bin.Where(entry => entry.Volume == name).Sum(entry => entry.Nodes.Values.Sum(file => FormerBytes(file) + (file?.Current.Length ?? 0)));
            if (tree.BinBytes != binBytes)
                return $"{name} has {tree.BinBytes} bytes in its bin instead of {binBytes}";

            var expected = model.Changes[name];
            if (tree.Sequence != expected.Count)
                return $"{name} is at change {tree.Sequence} instead of {expected.Count}";
            var after = Math.Max(0, expected.Count - ModelChanges.Kept);
            var changes = volumes.Files.Changes(OpenVolumes.Anna, volume, after, ModelChanges.Kept).Select(change => $"{change.Kind} {change.Path}{(change.From is null ? "" : $" from {change.From}")}");
            if (!changes.SequenceEqual(expected.Newest))
                return $"{name}'s changes after {after} are others";

            if (!Everything(tree).All(node => node.Id == 0 || ids.Add(node.Id)))
                return "an id is used twice";
        }

        return null;
    }

    /// <summary>Reads every content.</summary>
    public string? DifferenceOfContents(ModelVolumes model)
    {
        foreach (var (path, file) in model.Nodes)
        {
            foreach (var (number, content) in file?.Versions ?? [])
            {
                if (!volumes.Read(path, number).AsSpan().SequenceEqual(ModelContent.Bytes(content)))
                    return $"version {number} of {path} is not {content}";
            }
        }

        return null;
    }

    public static IEnumerable<Node> Everything(VolumeTree tree) => tree.Bin.Values.Select(entry => entry.Node).Prepend(tree.Root).SelectMany(Below);

    private static IEnumerable<Node> Below(Node node) => node is FolderNode folder ? folder.Children.ToArray().SelectMany(Below).Prepend(node) : [node];

    private string? Nodes(ModelVolumes model)
    {
        SortedDictionary<string, FileNode?> found = new(StringComparer.Ordinal);
        if (within.Length == 0)
        {
            Collect("user", volumes.Files.Stat(OpenVolumes.Anna, VolumePath.Parse("user")), found);
            Collect("team", volumes.Files.Stat(OpenVolumes.Anna, VolumePath.Parse("team")), found);
            found.Remove("user");
            found.Remove("team");
        }
        else if (volumes.Files.Find(OpenVolumes.Anna, VolumePath.Parse(within)) is { } node)
        {
            Collect(within, node, found);
        }

        return Difference(model.Nodes, found);
    }

    private string? Bin(ModelVolumes model)
    {
        var bin = new ModelRunner(volumes, within).Bin().ToList();
        if (!bin.Select(found => found.Entry.Path).SequenceEqual(model.Bin.Select(entry => entry.Path)))
            return $"the bin has {string.Join(", ", bin.Select(found => found.Entry.Path))} instead of {string.Join(", ", model.Bin.Select(entry => entry.Path))}";
        for (var index = 0; index < bin.Count; index++)
        {
            SortedDictionary<string, FileNode?> found = new(StringComparer.Ordinal);
            Collect("", bin[index].Entry.Node, found);
            if (Difference(new(model.Bin[index].Nodes, StringComparer.Ordinal), found) is { } difference)
                return $"in the bin, {bin[index].Entry.Path}: {difference}";
        }

        return null;
    }

    private static void Collect(string path, Node node, SortedDictionary<string, FileNode?> found)
    {
        found[path] = node as FileNode;
        foreach (var child in node is FolderNode folder ? folder.Children : [])
            Collect($"{path}/{child.Name}", child, found);
    }

    private static string? Difference(SortedDictionary<string, ModelFile?> expected, SortedDictionary<string, FileNode?> found)
    {
        if (expected.Keys.Except(found.Keys).FirstOrDefault() is { } missing)
            return $"{missing} is missing";
        foreach (var (path, file) in found)
        {
            if (!expected.TryGetValue(path, out var should))
                return $"{path} is too much";
            var versions = (file?.Versions ?? []).Select(version => (version.Number, new ContentReference(version.Hash, version.Length)));
            if ((file is null) != (should is null) || !versions.SequenceEqual((should?.Versions ?? []).Select(version => (version.Number, ModelContent.Reference(version.Content)))))
                return $"{path} has the versions {string.Join(", ", (file?.Versions ?? []).Select(version => version.Number))} instead of {string.Join(", ", (should?.Versions ?? []).Select(version => version))}";
        }

        return null;
    }

    private static long FormerBytes(ModelFile? file, long least = 0) => file?.Versions.SkipLast(1).Sum(version => Math.Max(least, ModelContent.Length(version.Content))) ?? 0;
}
