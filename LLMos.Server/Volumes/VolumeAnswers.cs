using Microsoft.AspNetCore.StaticFiles;

namespace LLMos.Server.Volumes;

/// <summary>What the volumes are, in the words of the wire.</summary>
internal static class VolumeAnswers
{
    private const string File = "file", Folder = "folder", Unknown = "application/octet-stream";

    // Of an entry beside its path; and what each takes as text, as bytes, and as what waits to be read.
    private const int OtherCharacters = 400, BytesForCharacter = 4;

    // Which a browser would not know as text.
    private static readonly FileExtensionContentTypeProvider Types = new() { Mappings = { [".py"] = "text/x-python", [".md"] = "text/markdown", [".ipynb"] = "application/json", [".toml"] = "text/plain", [".yaml"] = "text/yaml", [".yml"] = "text/yaml", [".log"] = "text/plain", [".ino"] = "text/plain" } };

    public static Entry Of(VolumePath path, Node node) => Of(path.ToString(), path.Name, node);

    /// <summary>What is in <paramref name="folder"/>.</summary>
    public static IEnumerable<Entry> In(VolumePath folder, IEnumerable<Node> nodes)
    {
        var prefix = $"{folder}/";
        return nodes.Select(node => Of(prefix + node.Name, node.Name, node));
    }

    public static VolumeSummary Of(VolumeTree tree, VolumeKind volume, bool isWritable, VolumeOptions options) => new(
        VolumePath.NameOf(volume), isWritable, tree.Root.Totals.Files, tree.Root.Totals.Folders - 1, tree.Root.Totals.Bytes,
        VolumeQuota.BytesOf(tree, options), VolumeQuota.EntriesOf(tree, options), tree.KeptBytes, VolumeQuota.KeptBytes(options), tree.Bin.Count, tree.Sequence);

    public static FileHistory HistoryOf(VolumePath path, FileNode file) => new(path.ToString(), [.. file.Versions.Reverse().Select(version => new FileVersionEntry(
        version.Number, version.Length, new FileTag(file.Id, version.Number).ToString(), version.Hash.ToString(), version.ModifiedAt, Of(version.Author), version == file.Current))]);

    public static BinnedEntry Of(BinEntry entry) => new(
        entry.Id, entry.Path, entry.Node is FileNode ? File : Folder, entry.Node.Totals.AllBytes, entry.Node.Totals.Files, entry.DeletedAt, Of(entry.DeletedBy));

    public static Change Of(VolumeChange change) => new(
        change.Sequence, change.Kind.ToString().ToLowerInvariant(), change.Path.ToString(), change.From?.ToString(), change.IsFolder ? Folder : File, change.Version, change.At, change.Author);

    /// <summary>What changes take in memory while they are sent.</summary>
    public static long WeightOf(IEnumerable<VolumeChange> changes) =>
        changes.Sum(change => WeightOf(change.Path.ToString().Length + (change.From?.ToString().Length ?? 0)));

    /// <summary>What an entry of a list with so long a path takes in memory while it is sent.</summary>
    public static long WeightOf(int pathLength) => (pathLength + OtherCharacters) * BytesForCharacter;

    public static CheckAnswer Of(VolumeCheckResult result) => new(
        result.Volumes, result.Files, result.Folders, result.Contents, result.Bytes, result.Problems, [.. result.Damage.Select(damage => $"{damage.Volume} {damage.Path} {damage.Version}: {damage.Problem}")]);

    public static string MediaTypeOf(string name) => Types.TryGetContentType(name, out var type) ? type : Unknown;

    private static Entry Of(string path, string name, Node node) => node is FileNode file
        ? new(path, name, File, file.Current.Length, file.CreatedAt, file.Current.Number, file.Tag.ToString(), file.Current.Hash.ToString(),
            file.Current.ModifiedAt, Of(file.Current.Author), MediaTypeOf(name))
        // The folder itself is not below itself.
        : new(path, name, Folder, node.Totals.Bytes, node.CreatedAt, Files: node.Totals.Files, Folders: node.Totals.Folders - 1);

    private static EntryAuthor Of(Author author) => new(author.Name, author.Via);
}
