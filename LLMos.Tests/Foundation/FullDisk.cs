namespace LLMos.Tests.Foundation;

/// <summary>Fills a small disk with a file that is nobody's, down to so many bytes.</summary>
internal sealed class FullDisk(string path) : IDisposable
{
    private readonly string _file = Path.Combine(path, "of-another-program");

    public static long FreeBytes(string path) => new DriveInfo(path).AvailableFreeSpace;

    public void FillUpTo(long freeBytes)
    {
        using var file = new FileStream(_file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Position = file.Length;
        var block = new byte[4096];
        try
        {
            while (FreeBytes(path) is var free && free > freeBytes)
                file.Write(block, 0, (int)Math.Min(block.Length, free - freeBytes));
        }
        catch (IOException)
        {
            // As full as it gets.
        }
    }

    public void Dispose() => File.Delete(_file);
}
