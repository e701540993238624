using System.Runtime.InteropServices;

namespace LLMos.Bench.Volumes;

/// <summary>The peer of a durable write: a new file, synced, given its name, and the folder synced.</summary>
internal sealed partial class PlainFiles(string folder) : IDisposable
{
    private readonly SafeFolder _folder = new(folder);

    public void Write(string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        using (var file = new FileStream(path + ".new", FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
        _folder.Sync();
    }

    public void Dispose() => _folder.Dispose();

    private sealed partial class SafeFolder(string path) : IDisposable
    {
        private readonly int _descriptor = Open(path, 0);

        public void Sync()
        {
            if (Sync(_descriptor) < 0)
                throw new BenchException($"fsync of a folder: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        public void Dispose() => _ = Close(_descriptor);

        [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        private static partial int Open(string path, int flags);

        [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
        private static partial int Sync(int descriptor);

        [LibraryImport("libc", EntryPoint = "close")]
        private static partial int Close(int descriptor);
    }
}
