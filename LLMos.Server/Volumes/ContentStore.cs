using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Storage.Backups;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Volumes;

/// <param name="Length">Bytes.</param>
/// <param name="StoredAs">The number of the document that has a small content; 0 for a large one.</param>
internal readonly record struct ContentReference(ContentHash Hash, long Length, long StoredAs = 0);

/// <summary>What is in files, by hash: small ones in the database, larger ones in files beside it. Equal contents are kept once.</summary>
/// <remarks>
/// Documents have numbers, each larger than all before: new ones are neighbours in the database. By hash each went to
/// another place, and a group of eight writes changed forty pages.
/// </remarks>
internal sealed class ContentStore : IDisposable
{
    /// <summary>Up to here a content is a document: one wait for the disk, together with its file's node.</summary>
    public const int MostInline = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly Database _database;
    private readonly ContentFiles _files;
    private readonly ContentCache _cache;

    // How often the versions of all volumes refer to each, as of the newest edit.
    private readonly Dictionary<ContentHash, (int Count, long StoredAs)> _references = [];

    // Large ones that the newest edits let go and the durable volumes still have; each with how many edits let it go.
    private readonly Dictionary<ContentHash, int> _going = [];

    /// <summary>Whether everything that refers to contents is known.</summary>
    public bool Sweeps { private get; set; }

    public ContentStore(Database database, DeletionHold hold, IOptions<StorageOptions> storage, IOptions<VolumeOptions> options)
    {
        _database = database;
        _files = database.Reserve.Use(() => new ContentFiles(storage.Value.Path, hold, IsReferred));
        _cache = new(options.Value.CacheMegabytes * VolumeQuota.Megabyte);
    }

    /// <summary>Takes in a content and makes it durable if it is a large one. Dispose the answer when its edit has ended.</summary>
    /// <param name="share">Asked before a large one grows.</param>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.file_too_large</c>, <c>storage.full</c>, <c>storage.failed</c>, and what <paramref name="share"/> refuses.</exception>
    public async Task<StagedContent> StageAsync(Stream body, long mostBytes, CancellationToken cancellation, DraftShare? share = null)
    {
        var first = ArrayPool<byte>.Shared.Rent(MostInline + 1);
        try
        {
            var count = await body.ReadAtLeastAsync(first, MostInline + 1, throwOnEndOfStream: false, cancellation);
            if (count > mostBytes)
                throw VolumeErrors.FileTooLarge(mostBytes);
            return count <= MostInline
                ? StagedContent.Inline(first.AsSpan(0, count).ToArray())
                : await RoomyFiles.StageAsync(first.AsMemory(0, count), body, mostBytes, cancellation, share);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
        }
    }

    /// <summary>A content that is in memory already.</summary>
    public async Task<StagedContent> StageAsync(ReadOnlyMemory<byte> bytes, long mostBytes, CancellationToken cancellation)
    {
        if (bytes.Length > mostBytes)
            throw VolumeErrors.FileTooLarge(mostBytes);
        return bytes.Length <= MostInline ? StagedContent.Inline(bytes) : await RoomyFiles.StageAsync(bytes, Stream.Null, mostBytes, cancellation);
    }

    /// <summary>A place for a content that is written piece by piece, at any offset.</summary>
    /// <param name="share">The draft's own; null: nobody counts it.</param>
    public ContentDraft Draft(DraftShare? share = null) => new(RoomyFiles, share);

    /// <summary>A new file beside the contents, for who deletes it again; a crash's are gone at the next start.</summary>
    public FileStream CreateFile() => RoomyFiles.Create();

    /// <summary>The whole of a small content, without waiting if it was read or written lately.</summary>
    /// <returns>Null when it is missing or damaged.</returns>
    public ReadOnlyMemory<byte>? ReadInline(ContentReference content)
    {
        if (_cache.Find(content.Hash) is { } cached)
            return cached;
        var bytes = _database.Read(documents => Stored(documents, content));
        if (!IsWhole(bytes, content))
            return null;

        _cache.Add(content.Hash, bytes);
        return bytes;
    }

    /// <returns>The bytes that the database has of a small content, whole or not; null: none.</returns>
    public static byte[]? Stored(Documents documents, ContentReference content) =>
        documents.Find(VolumeDocuments.Contents, content.StoredAs)?["b"].AsBinary;

    /// <summary>Whether these are the bytes: some ten microseconds for a small content, and nothing else tells of a damaged page.</summary>
    public static bool IsWhole([NotNullWhen(true)] byte[]? bytes, ContentReference content) =>
        bytes is not null && ContentHash.Read(SHA256.HashData(bytes)) == content.Hash;

    /// <returns>The number of the document that has a small content; null: nothing refers to it.</returns>
    public long? StoredAs(ContentHash hash)
    {
        lock (_gate)
            return _references.TryGetValue(hash, out var known) ? known.StoredAs : null;
    }

    /// <summary>Opens a content for reading at any offset. What is open stays readable when nothing refers to it any more.</summary>
    /// <returns>Null when it is missing, or damaged as far as can be seen: a large one's length only.</returns>
    public Stream? Open(ContentReference content)
    {
        if (content.Length > MostInline && _cache.Find(content.Hash) is null)
            return _files.Open(content);
        return ReadInline(content) is { } bytes && MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : null;
    }

    /// <summary>Looks at a stored content itself, not at what is held of it in memory.</summary>
    /// <param name="deep">Whether a large one's hash counts too; a small one's always does.</param>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public string? Examine(ContentReference content, bool deep)
    {
        if (content.Length > MostInline)
            return _files.Examine(content, deep);
        var bytes = _database.Read(documents => Stored(documents, content));
        return IsWhole(bytes, content) ? null : bytes is null ? "its content is missing" : "its content is damaged";
    }

    /// <summary>Adds a content that comes with the product and is not stored.</summary>
    public void Provide(ContentHash hash, ReadOnlyMemory<byte> bytes) => _cache.Pin(hash, bytes);

    /// <summary>Counts what an edit refers to and adds to <paramref name="batch"/> what must become durable, or go, with it.</summary>
    public void Refer(IReadOnlyDictionary<ContentHash, VolumeEdit.Reference> references, IEnumerable<StagedContent> staged, VolumeBatch batch)
    {
        var small = new Dictionary<ContentHash, ReadOnlyMemory<byte>>();
        foreach (var content in staged)
        {
            if (content.Bytes is { } bytes)
                small[content.Hash] = bytes;
        }

        lock (_gate)
        {
            foreach (var (hash, (length, more, storedAs)) in references)
            {
                var before = _references.GetValueOrDefault(hash).Count;
                var after = before + more;
                if (before == 0 && after > 0 && length <= MostInline)
                    batch.Add(new DocumentChange(VolumeDocuments.Contents, storedAs, new() { ["b"] = small[hash].ToArray() }, IsNew: true));
                else if (before > 0 && after == 0 && length <= MostInline)
                    batch.Add(new DocumentChange(VolumeDocuments.Contents, storedAs, null));
                else if (before > 0 && after == 0)
                    LetGo(hash, batch);

                if (after > 0)
                    _references[hash] = (after, storedAs);
                else
                    _references.Remove(hash);
            }
        }

        foreach (var (hash, bytes) in small)
            _cache.Add(hash, bytes);
    }

    /// <summary>Counts anew, when edits were lost.</summary>
    public void KeepOnly(IEnumerable<ContentReference> references)
    {
        lock (_gate)
        {
            _references.Clear();
            _going.Clear();
            foreach (var content in references)
                _references[content.Hash] = (_references.GetValueOrDefault(content.Hash).Count + 1, content.StoredAs);
        }
    }

    /// <summary>Removes large contents that nothing durable refers to, unless an edit in the making does.</summary>
    public void Release(IEnumerable<ContentHash> unused)
    {
        foreach (var hash in unused)
        {
            lock (_gate)
            {
                if (_going.TryGetValue(hash, out var more) && more > 1)
                    _going[hash] = more - 1;
                else
                    _going.Remove(hash);
            }

            _files.DeleteUnused(hash);
        }
    }

    /// <summary>Removes every large content that nothing refers to: what a crash left. Nothing, while it is not known what does.</summary>
    public void Sweep()
    {
        if (Sweeps)
            _files.Sweep();
    }

    public void Dispose() => _cache.Dispose();

    // What is let go for others is not for new contents.
    private ContentFiles RoomyFiles => _database.Reserve.IsLent ? throw StorageErrors.Full() : _files;

    private bool IsReferred(ContentHash hash)
    {
        lock (_gate)
            return _references.ContainsKey(hash) || _going.ContainsKey(hash);
    }

    /// <summary>Called under the gate.</summary>
    private void LetGo(ContentHash hash, VolumeBatch batch)
    {
        _going[hash] = _going.GetValueOrDefault(hash) + 1;
        batch.Unused.Add(hash);
    }
}
