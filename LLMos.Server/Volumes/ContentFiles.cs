using System.Security.Cryptography;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Storage.Backups;

namespace LLMos.Server.Volumes;

/// <summary>Large contents, each a file that is named by its hash, written once and never changed: <c>ab/ab01…</c>, in the hidden folder of <c>contents/</c>.</summary>
internal sealed class ContentFiles
{
    /// <summary>In the data folder.</summary>
    public const string FolderName = DataFolder.ContentsName;

    private const int BufferBytes = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly string _folder, _incoming;
    private readonly Func<ContentHash, bool> _isReferred;
    private readonly DeletionHold _hold;

    // Contents that are on their way into a volume and that no volume refers to yet; each with how many are at it.
    private readonly Dictionary<ContentHash, int> _staged = [];

    /// <param name="isReferred">Whether a volume refers to a content, as of its newest edit.</param>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public ContentFiles(string dataFolder, DeletionHold hold, Func<ContentHash, bool> isReferred)
    {
        (_hold, _isReferred) = (hold, isReferred);
        // Who has a content knows its hash, and could ask whether somebody else keeps it.
        var parent = Path.Combine(Path.GetFullPath(dataFolder), FolderName);
        _folder = HiddenFolder.Open(parent);
        _incoming = Path.Combine(_folder, DataFolder.IncomingName);
        if (Directory.Exists(_incoming))
            Directory.Delete(_incoming, recursive: true);
        Directory.CreateDirectory(_incoming);
        for (var first = 0; first < 256; first++)
            Directory.CreateDirectory(Path.Combine(_folder, first.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
        FileSync.Folder(_folder);
        FileSync.Folder(Path.GetDirectoryName(parent)!);
    }

    /// <summary>Of a content's file, in the folder of all.</summary>
    public static string NameOf(ContentHash hash) => hash.ToString() is var name ? Path.Combine(name[..2], name) : "";

    /// <summary>A new file that nobody else knows; whoever made it deletes or stages it.</summary>
    public FileStream Create() =>
        new(Path.Combine(_incoming, Ulid.NewUlid().ToString()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    public async Task<StagedContent> StageAsync(ReadOnlyMemory<byte> first, Stream rest, long mostBytes, CancellationToken cancellation, DraftShare? share = null)
    {
        try
        {
            await using var file = Create();
            try
            {
                var hash = await CopyAsync(first, rest, file, mostBytes, share, cancellation);
                return Keep(file, hash);
            }
            catch
            {
                File.Delete(file.Name);
                throw;
            }
        }
        catch (IOException failure) when (StorageErrors.IsFull(failure))
        {
            throw StorageErrors.Full();
        }
    }

    /// <summary>Makes a whole file durable under its hash. The file is closed by the caller.</summary>
    public StagedContent Keep(FileStream file, ContentHash hash)
    {
        var length = file.Length;
        var path = PathOf(hash);
        FileSync.Data(file.SafeFileHandle);
        lock (_gate)
        {
            // Equal content may be there; it is replaced, as what is there may be damaged.
            File.Move(file.Name, path, overwrite: true);
            _staged[hash] = _staged.GetValueOrDefault(hash) + 1;
        }

        var staged = new StagedContent(hash, length, bytes: null, () => Unstage(hash));
        try
        {
            FileSync.Folder(Path.GetDirectoryName(path)!);
            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <returns>Null when it is missing, may not be read, or has another length than it should have.</returns>
    public FileStream? Open(ContentReference content)
    {
        try
        {
            var file = new FileStream(PathOf(content.Hash), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: true);
            if (file.Length == content.Length)
                return file;
            file.Dispose();
            return null;
        }
        // So .NET calls a folder in a file's place, too.
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <returns>What is wrong with the file; null: nothing.</returns>
    public string? Examine(ContentReference content, bool deep)
    {
        var path = PathOf(content.Hash);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            return file.Length == content.Length && (!deep || ContentHash.Read(SHA256.HashData(file)) == content.Hash) ? null : "its content is damaged";
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return "its content is missing";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"its content cannot be read: {failure.Message}";
        }
    }

    /// <summary>Removes a content, unless something refers to it or is about to.</summary>
    public void DeleteUnused(ContentHash hash) => _hold.Delete(() =>
    {
        lock (_gate)
        {
            if (_staged.ContainsKey(hash) || _isReferred(hash))
                return;
            try
            {
                File.Delete(PathOf(hash));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Nothing hangs on it: the sweep at the next start tries again.
            }
        }
    });

    /// <summary>Removes what a crash left.</summary>
    public void Sweep()
    {
        foreach (var path in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetFileName(path);
            if (name.Length == 2 * ContentHash.Bytes && name.All(char.IsAsciiHexDigitLower))
                DeleteUnused(ContentHash.Read(Convert.FromHexString(name)));
        }
    }

    private string PathOf(ContentHash hash) => Path.Combine(_folder, NameOf(hash));

    private void Unstage(ContentHash hash)
    {
        lock (_gate)
        {
            if (_staged[hash] == 1)
                _staged.Remove(hash);
            else
                _staged[hash]--;
        }

        // Its edit was refused or lost.
        DeleteUnused(hash);
    }

    /// <summary>Writes one block while the next is read and the one before is hashed.</summary>
    private static async Task<ContentHash> CopyAsync(ReadOnlyMemory<byte> first, Stream rest, FileStream to, long mostBytes, DraftShare? share, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(first.Span);
        await to.WriteAsync(first, cancellation);
        var (written, buffer, other) = ((long)first.Length, new byte[BufferBytes], new byte[BufferBytes]);
        var writing = Task.CompletedTask;
        while (true)
        {
            int count;
            try
            {
                count = await rest.ReadAtLeastAsync(buffer, BufferBytes, throwOnEndOfStream: false, cancellation);
            }
            finally
            {
                // It has the other buffer, and the file, which the caller closes.
                await writing;
            }

            if (count == 0)
                return ContentHash.Read(hash.GetHashAndReset());

            written += count;
            if (written > mostBytes)
                throw VolumeErrors.FileTooLarge(mostBytes);
            share?.Resize(written);
            writing = WriteAsync(buffer.AsMemory(0, count), written - count);
            (buffer, other) = (other, buffer);
        }

        Task WriteAsync(ReadOnlyMemory<byte> block, long offset) => Task.Run(
            () =>
            {
                hash.AppendData(block.Span);
                RandomAccess.Write(to.SafeFileHandle, block.Span, offset);
            },
            CancellationToken.None);
    }
}
