using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Storage.Backups;
using LLMos.Server.Volumes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LLMos.Bench.Volumes;

/// <summary>The store of the volumes without a server around it, in this process.</summary>
internal sealed class Store : IDisposable
{
    private static readonly Caller Ada = new("ada", "ada", Role.Member);
    private static readonly string[] Collections =
        [VolumeDocuments.Nodes, VolumeDocuments.Versions, VolumeDocuments.Contents, VolumeDocuments.Changes, VolumeDocuments.Volumes];

    private readonly Database _database;
    private readonly ContentStore _contents;
    private readonly RunningTime _running;

    public Store(string folder)
    {
        var (storage, options) = (Options.Create(new StorageOptions { Path = folder }), Options.Create(new VolumeOptions()));
        var history = new VolumeHistory(options);
        _database = new(storage, Collections.Select(name => new StoreCollection(name)));
        _contents = new(_database, new DeletionHold(), storage, options);
        _running = new(_database, TimeProvider.System);
        var store = new VolumeStore(_database, _contents, history, options, storage, TimeProvider.System, _running, NullLogger<VolumeStore>.Instance);
        Tidying = new(store, _contents, history, options, TimeProvider.System, _running, NullLogger<VolumeTidying>.Instance);
        Files = new(store, new SystemVolume(_contents, TimeProvider.System), _contents, history, Tidying, new(new(_database, TimeProvider.System), TimeProvider.System, NullLogger<Holdings>.Instance), new(store, options), options);
    }

    public VolumeFiles Files { get; }

    public VolumeTidying Tidying { get; }

    public Task WriteAsync(string path, byte[] content) =>
        Files.WriteAsync(Ada, VolumePath.Parse(path), new MemoryStream(content), WriteCondition.None, makeFolders: true, CancellationToken.None);

    public Node Stat(VolumePath path) => Files.Stat(Ada, path);

    public FolderPage List(VolumePath path) => Files.List(Ada, path, after: null, int.MaxValue);

    public VolumeTree Tree => Files.Tree(Ada, VolumeKind.User);

    public void Dispose()
    {
        Tidying.Dispose();
        _running.Dispose();
        _contents.Dispose();
        _database.Dispose();
    }
}
