using LiteDB;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Storage;

/// <summary>LiteDB behind one gate: one writer, no concurrent readers.</summary>
public sealed class Database : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LiteDatabase _database;
    private readonly Documents _documents;

    public Database(IOptions<StorageOptions> options)
    {
        Directory.CreateDirectory(options.Value.Path);
        _database = new(Path.Combine(options.Value.Path, "llmos.db"));
        _documents = new(_database);
    }

    /// <summary>Runs <paramref name="read"/> under the gate. It must not block, wait, or keep its <see cref="Documents"/>.</summary>
    public T Read<T>(Func<Documents, T> read)
    {
        lock (_gate)
            return read(_documents);
    }

    /// <summary>Applies <paramref name="change"/> in the next group; the task completes when it is durable.</summary>
    /// <remarks>Decide in memory first (duplicates, rights): a change that throws fails its own caller only.</remarks>
    public Task WriteAsync(Action<Documents> change)
    {
        lock (_gate)
            change(_documents);
        return Task.CompletedTask;
    }

    public void Dispose() => _database.Dispose();
}
