using System.Security.Cryptography;

namespace LLMos.Server.Volumes;

/// <summary>What comes with the product: the files in <c>system</c> beside the program, and what the floors above add when they know it.</summary>
internal sealed class SystemVolume
{
    private const string Key = "system";

    private static readonly Author Product = new("", "LLMos.Server", "product");

    private readonly Lock _gate = new();
    private readonly ContentStore _contents;
    private readonly DateTime _now;
    private volatile VolumeTree _tree;
    private long _nextId = 1;

    public SystemVolume(ContentStore contents, TimeProvider time)
    {
        (_contents, _now) = (contents, time.GetUtcNow().UtcDateTime);
        // Its nodes have numbers of their own, below zero: no tag of theirs is one of a stored file.
        _tree = VolumeTree.Empty(Key, NextId(), binId: 0, _now);
        var folder = Path.Combine(AppContext.BaseDirectory, Key);
        foreach (var file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [])
            Put(Path.GetRelativePath(folder, file), File.ReadAllBytes(file));
    }

    public VolumeTree Tree => _tree;

    /// <summary>Adds or replaces a file; its path is without the volume.</summary>
    public void Put(string path, ReadOnlyMemory<byte> bytes)
    {
        var at = VolumePath.Parse(Key, path);
        var hash = ContentHash.Read(SHA256.HashData(bytes.Span));
        _contents.Provide(hash, bytes);
        lock (_gate)
        {
            for (var depth = 0; depth < at.Segments.Length - 1; depth++)
                MakeFolder(VolumePath.Parse(Key, string.Join('/', at.Segments[..(depth + 1)])));
            var file = new FileNode(NextId(), at.Name, _now, new(1, bytes.Length, hash, _now, Product), []);
            _tree = _tree.Change(at.Parent, folder => folder.With(file));
        }
    }

    private void MakeFolder(VolumePath path)
    {
        if (_tree.Find(path) is null)
            _tree = _tree.Change(path.Parent, folder => folder.With(new FolderNode(NextId(), path.Name, _now)));
    }

    private long NextId() => -_nextId++;
}
