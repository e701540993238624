using LLMos.Server.Foundation.Streams;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Tests.Foundation;

/// <summary>A disk that takes only so many more bytes, then fails in the middle of a write, as a full one does.</summary>
internal sealed class FailingDisk
{
    public const int NoSpace = 28;
    public const int InputOutput = 5;

    public long Room { get; set; } = long.MaxValue;

    public int Error { get; set; } = NoSpace;

    public EventLogOptions Options(EventLogOptions options) => options with { Write = Write };

    private void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        var taken = (int)Math.Min(Room, bytes.Length);
        RandomAccess.Write(file, bytes[..taken], offset);
        Room -= taken;
        if (taken < bytes.Length)
            throw new IOException("the disk failed", Error);
    }
}
