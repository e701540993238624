using System.Collections.Immutable;
using LLMos.Server.Volumes;

namespace LLMos.Tests.Volumes;

/// <summary>What the volumes should be: a dictionary of paths. Every rule is here a second time, in its plainest form.</summary>
internal sealed class ModelVolumes(VolumeOptions options)
{
    /// <summary>Null is a folder.</summary>
    public SortedDictionary<string, ModelFile?> Nodes { get; private set; } = new(StringComparer.Ordinal);

    /// <summary>By the order in which they were deleted; each with its volume, its path, and what lay there, by path from it.</summary>
    public List<ModelBinEntry> Bin { get; private set; } = [];

    /// <summary>What became of each volume, in order: <c>Created user/a</c>.</summary>
    public SortedDictionary<string, ModelChanges> Changes { get; private set; } = new(StringComparer.Ordinal) { ["team"] = new(0, []), ["user"] = new(0, []) };

    public ModelVolumes Clone() => new(options)
    {
        Nodes = new(Nodes.ToDictionary(node => node.Key, node => node.Value is null ? null : new ModelFile(node.Value), StringComparer.Ordinal), StringComparer.Ordinal),
        Bin = [.. Bin.Select(entry => entry with { Nodes = new(entry.Nodes.ToDictionary(node => node.Key, node => node.Value is null ? null : new ModelFile(node.Value), StringComparer.Ordinal), StringComparer.Ordinal) })],
        Changes = new(Changes, StringComparer.Ordinal),
    };

    /// <returns>The code of the refusal, after which nothing is different; null: it was done.</returns>
    public string? Apply(ModelOperation operation)
    {
        var before = Clone();
        var refusal = Decide(operation) ?? Overfull(before);
        if (refusal is not null)
            (Nodes, Bin, Changes) = (before.Nodes, before.Bin, before.Changes);
        return refusal;
    }

    /// <summary>Whether a bin is tidied before whoever filled it gets an answer.</summary>
    public bool KeepsTooMuch => Changes.Keys.Any(KeepsTooMuchIn);

    /// <summary>Lets the oldest go from the bins that have too much.</summary>
    public void Tidy()
    {
        foreach (var volume in Changes.Keys.Where(KeepsTooMuchIn).ToList())
        {
            while (BinWeight(volume) > options.MaxEntries)
                Bin.RemoveAt(Bin.FindIndex(entry => entry.Volume == volume));
        }
    }

    public long Bytes(string volume) => Nodes.Where(node => IsIn(node.Key, volume)).Sum(node => node.Value?.Current.Length ?? 0L);

    public static string Parent(string path) => path[..path.LastIndexOf('/')];

    private static string VolumeOf(string path) => path.Split('/')[0];

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static bool IsIn(string path, string folder) => path.StartsWith(folder + "/", StringComparison.Ordinal);

    private static bool IsRoot(string path) => !path.Contains('/', StringComparison.Ordinal);

    private bool Exists(string path) => IsRoot(path) || Nodes.ContainsKey(path);

    private bool IsFolder(string path) => IsRoot(path) || (Nodes.TryGetValue(path, out var node) && node is null);

    public ModelFile? File(string path) => Nodes.GetValueOrDefault(path);

    private bool KeepsTooMuchIn(string volume) => BinWeight(volume) > options.MaxEntries + (options.MaxEntries / 8);

    private int BinWeight(string volume) => Bin.Where(entry => entry.Volume == volume).Sum(entry => entry.Nodes.Count + (entry.Path.Length / 256));

    private string? Decide(ModelOperation operation) => operation.Deed switch
    {
        ModelDeed.Write => Write(operation.Path, ModelContent.Of(operation.Number), operation.Flag, operation.Condition),
        ModelDeed.Append => Write(operation.Path, File(operation.Path) is { } file ? ModelContent.Join(file.Current.Content, operation.Number) : ModelContent.Of(operation.Number), operation.Flag, condition: 0),
        ModelDeed.MakeFolder => MakeFolder(operation.Path, operation.Flag),
        ModelDeed.Move => Move(operation.Path, operation.To, operation.Flag),
        ModelDeed.Copy => Copy(operation.Path, operation.To, operation.Flag),
        ModelDeed.Delete => Delete(operation.Path, operation.Flag),
        ModelDeed.Undelete => Undelete(operation.Number, operation.Flag ? null : operation.To),
        ModelDeed.Purge => Purge(operation.Number),
        _ => Restore(operation.Path, operation.Number),
    };

    private string? Overfull(ModelVolumes before)
    {
        foreach (var (volume, megabytes) in new[] { ("user", options.UserMegabytes), ("team", options.TeamMegabytes) })
        {
            if (Bytes(volume) > megabytes * 1024L * 1024 && Bytes(volume) > before.Bytes(volume))
                return "volumes.quota_exceeded";
            var (was, now) = (before.Nodes.Keys.Count(path => IsIn(path, volume)), Nodes.Keys.Count(path => IsIn(path, volume)));
            if (now > options.MaxEntries && now > was)
                return "volumes.too_many_entries";
        }

        return null;
    }

    private string? Write(string path, string content, bool makeFolders, int condition)
    {
        if (IsRoot(path))
            return "volumes.root_fixed";
        if (IsFolder(path))
            return "volumes.is_folder";
        var file = File(path);
        if (condition switch { 1 => file is null, 2 => file is null || file.Current.Number > 1, 3 => file is not null, 4 => file is null, _ => false })
            return "volumes.conflict";

        if (file is not null)
        {
            file.Add(content, options.FormerVersions);
            return Tell($"Changed {path}");
        }

        return Place(path, new() { [""] = new(content) }, makeFolders) ?? Tell($"Created {path}");
    }

    private string? MakeFolder(string path, bool makeFolders)
    {
        if (IsFolder(path))
            return makeFolders ? null : "volumes.exists";
        if (Exists(path))
            return makeFolders ? "volumes.is_file" : "volumes.exists";
        return Place(path, new() { [""] = null }, makeFolders) ?? Tell($"Created {path}");
    }

    private string? Move(string from, string to, bool overwrite)
    {
        if (!Exists(from))
            return "volumes.not_found";
        if (IsRoot(from))
            return "volumes.root_fixed";
        if (from == to)
            return null;
        if (MakeWay(from, to, overwrite) is { } refusal)
            return refusal;

        var moved = Take(from);
        if (Place(to, moved, makeFolders: true) is { } unplaced)
            return unplaced;
        if (VolumeOf(from) == VolumeOf(to))
            return Tell($"Moved {to} from {from}");
        Tell($"Removed {from}");
        return Tell($"Created {to}");
    }

    private string? Copy(string from, string to, bool overwrite)
    {
        if (!Exists(from))
            return "volumes.not_found";
        if (File(from) is { } file)
            return !overwrite && Exists(to) ? "volumes.exists" : Write(to, file.Current.Content, makeFolders: true, condition: 0);
        if (MakeWay(from, to, overwrite: false) is { } refusal)
            return refusal;

        Dictionary<string, ModelFile?> copies = [];
        foreach (var (path, node) in Below(from))
            copies[path] = node is null ? null : new(node.Current.Content);
        return Place(to, copies, makeFolders: true) ?? Tell($"Created {to}");
    }

    private string? Delete(string path, bool recursive)
    {
        if (!Exists(path))
            return "volumes.not_found";
        if (IsRoot(path))
            return "volumes.root_fixed";
        if (!recursive && Nodes.Keys.Any(other => IsIn(other, path)))
            return "volumes.not_empty";
        Bin.Add(new(VolumeOf(path), path, Take(path)));
        return Tell($"Removed {path}");
    }

    private string? Undelete(int number, string? to)
    {
        if (number >= Bin.Count)
            return "volumes.not_in_bin";
        var entry = Bin[number];
        var path = to ?? entry.Path;
        if (IsRoot(path))
            return "volumes.root_fixed";
        if (Exists(path))
            return "volumes.exists";
        Bin.RemoveAt(number);
        return Place(path, entry.Nodes, makeFolders: true) ?? Tell($"Created {path}");
    }

    private string? Purge(int number)
    {
        if (number >= Bin.Count)
            return "volumes.not_in_bin";
        Bin.RemoveAt(number);
        return null;
    }

    private string? Restore(string path, int number)
    {
        if (!Exists(path))
            return "volumes.not_found";
        if (File(path) is not { } file)
            return "volumes.is_folder";
        return file.Versions.Find(version => version.Number == number) is { Number: > 0 } version
            ? Write(path, version.Content, makeFolders: false, condition: 0)
            : "volumes.version_not_found";
    }

    private string? MakeWay(string from, string to, bool overwrite)
    {
        if (IsRoot(to))
            return "volumes.root_fixed";
        if (to == from || IsIn(to, from))
            return "volumes.into_itself";
        if (!Exists(to))
            return null;
        if (!overwrite)
            return "volumes.exists";
        if (IsFolder(to) != IsFolder(from))
            return IsFolder(to) ? "volumes.is_folder" : "volumes.is_file";
        return Delete(to, recursive: false);
    }

    private string? Place(string path, Dictionary<string, ModelFile?> nodes, bool makeFolders)
    {
        var parent = Parent(path);
        if (!Exists(parent) && !makeFolders)
            return "volumes.folder_missing";
        if (!Exists(parent) && MakeFolder(parent, makeFolders: true) is { } refusal)
            return refusal;
        if (!IsFolder(parent))
            return "volumes.is_file";
        if (Nodes.Keys.Count(other => IsIn(other, parent) && Parent(other) == parent) >= options.MaxFolderEntries)
            return "volumes.folder_full";
        foreach (var (rest, node) in nodes)
            Nodes.Add(path + rest, node);
        return null;
    }

    private Dictionary<string, ModelFile?> Below(string path) => Nodes.Where(node => node.Key == path || IsIn(node.Key, path))
        .Append(KeyValuePair.Create(path, Nodes.GetValueOrDefault(path))).DistinctBy(node => node.Key)
        .ToDictionary(node => node.Key[path.Length..], node => node.Value, StringComparer.Ordinal);

    private Dictionary<string, ModelFile?> Take(string path)
    {
        var taken = Below(path);
        foreach (var rest in taken.Keys)
            Nodes.Remove(path + rest);
        return taken;
    }

    private string? Tell(string change)
    {
        var volume = VolumeOf(change.Split(' ')[1]);
        Changes[volume] = Changes[volume].With(change);
        return null;
    }
}

/// <param name="Count">Of all there were.</param>
internal sealed record ModelChanges(int Count, ImmutableQueue<string> Newest)
{
    public const int Kept = 60;

    public ModelChanges With(string change) => new(Count + 1, Count < Kept ? Newest.Enqueue(change) : Newest.Enqueue(change).Dequeue());
}

internal sealed record ModelBinEntry(string Volume, string Path, Dictionary<string, ModelFile?> Nodes);

internal sealed class ModelFile
{
    public ModelFile(string content) => Versions = [(1, content)];

    public ModelFile(ModelFile other) => Versions = [.. other.Versions];

    /// <summary>Those that are kept, oldest first.</summary>
    public List<(int Number, string Content)> Versions { get; }

    public (int Number, string Content, int Length) Current => (Versions[^1].Number, Versions[^1].Content, ModelContent.Length(Versions[^1].Content));

    public void Add(string content, int mostFormer)
    {
        Versions.Add((Versions[^1].Number + 1, content));
        if (Versions.Count > mostFormer + 1)
            Versions.RemoveRange(0, Versions.Count - mostFormer - 1);
    }
}
