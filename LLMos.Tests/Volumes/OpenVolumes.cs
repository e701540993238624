using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Volumes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Volumes;

/// <summary>The store of the volumes over a real database, as the server has it, without the server.</summary>
internal sealed class OpenVolumes : IDisposable
{
    public static readonly Caller Anna = new("anna", "Anna", Role.Member);

    private static readonly string[] Collections =
        [VolumeDocuments.Nodes, VolumeDocuments.Versions, VolumeDocuments.Contents, VolumeDocuments.Changes, VolumeDocuments.Volumes];

    public OpenVolumes(string folder, VolumeOptions? options = null, TimeProvider? time = null, int checkpointMegabytes = 8, int mostWaiting = 10_000, ILogger<VolumeStore>? log = null)
    {
        var storage = Options.Create(new StorageOptions { Path = folder, CheckpointMegabytes = checkpointMegabytes, MaxWaitingChanges = mostWaiting });
        var volumes = Options.Create(options ?? new());
        time ??= TimeProvider.System;
        Database = new(storage, Collections.Select(name => new StoreCollection(name)));
        try
        {
            Contents = new(Database, new(), storage, volumes);
            History = new(volumes);
            Running = new(Database, time);
            Store = new(Database, Contents, History, volumes, storage, time, Running, log ?? NullLogger<VolumeStore>.Instance);
            System = new(Contents, time);
            Tidying = new(Store, Contents, History, volumes, time, Running, NullLogger<VolumeTidying>.Instance);
            Files = new(Store, System, Contents, History, Tidying, new(new(Database, time), time, NullLogger<Holdings>.Instance), new(Store, volumes), volumes);
            Check = new(Database, Store, Contents, volumes, NullLogger<VolumeCheck>.Instance);
        }
        catch
        {
            Database.Dispose();
            throw;
        }
    }

    public Database Database { get; }

    public RunningTime Running { get; }

    public ContentStore Contents { get; }

    public VolumeHistory History { get; }

    public VolumeStore Store { get; }

    public SystemVolume System { get; }

    public VolumeFiles Files { get; }

    public VolumeCheck Check { get; }

    public VolumeTidying Tidying { get; }

    public Task<FileNode> WriteAsync(string path, ReadOnlyMemory<byte> content, WriteCondition? condition = null, Caller? by = null) =>
        Files.WriteAsync(by ?? Anna, VolumePath.Parse(path), new MemoryStream(content.ToArray()), condition ?? WriteCondition.None, makeFolders: true, CancellationToken.None);

    public Task<FileNode> WriteAsync(string path, string content, WriteCondition? condition = null, Caller? by = null) =>
        WriteAsync(path, global::System.Text.Encoding.UTF8.GetBytes(content), condition, by);

    public Task<FileNode> AppendAsync(string path, ReadOnlyMemory<byte> content) =>
        Files.AppendAsync(Anna, VolumePath.Parse(path), new MemoryStream(content.ToArray()), WriteCondition.None, makeFolders: true, CancellationToken.None);

    public Task<Node> MoveAsync(string from, string to, bool overwrite = false) =>
        Files.MoveAsync(Anna, VolumePath.Parse(from), VolumePath.Parse(to), overwrite, makeFolders: true);

    public Task<Node> CopyAsync(string from, string to, bool overwrite = false) =>
        Files.CopyAsync(Anna, VolumePath.Parse(from), VolumePath.Parse(to), overwrite, makeFolders: true);

    public Task<BinEntry> DeleteAsync(string path, bool recursive = true) =>
        Files.DeleteAsync(Anna, VolumePath.Parse(path), WriteCondition.None, recursive);

    public Task<FolderNode> MakeFolderAsync(string path) => Files.MakeFolderAsync(Anna, VolumePath.Parse(path), makeFolders: true);

    public FileNode File(string path) => (FileNode)Files.Stat(Anna, VolumePath.Parse(path));

    public bool Exists(string path) => Files.Find(Anna, VolumePath.Parse(path)) is not null;

    public byte[] Read(string path, int? version = null)
    {
        var at = VolumePath.Parse(path);
        return Read(Files.StatFile(Anna, at, version).Version, path);
    }

    public byte[] Read(FileVersion version, string path = "user")
    {
        using var content = Files.Open(VolumePath.Parse(path), version);
        var bytes = new byte[content.Length];
        content.ReadExactly(bytes);
        return bytes;
    }

    public string Text(string path, int? version = null) => global::System.Text.Encoding.UTF8.GetString(Read(path, version));

    public int Documents(string collection) => Database.Read(documents => documents.All(collection).Count);

    public void Dispose()
    {
        Tidying.Dispose();
        Running.Dispose();
        Database.Dispose();
        Contents.Dispose();
    }

    /// <summary>The files in which large contents lie.</summary>
    public static List<string> ContentFiles(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(folder, "contents"), "*", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
}
