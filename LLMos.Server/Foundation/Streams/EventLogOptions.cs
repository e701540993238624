using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Foundation.Streams;

/// <summary>The bounds of one log; its owner chooses them.</summary>
public sealed record EventLogOptions
{
    /// <summary>The newest bytes that a live log keeps in memory, so that readers who keep up never touch the file.</summary>
    public int TailBytes { get; init; } = 256 * 1024;

    /// <summary>Payload bytes that a live reader is handed at once; a single larger entry is a batch of its own.</summary>
    public int MaxBatchBytes { get; init; } = 256 * 1024;

    /// <summary>Bytes of one payload; a larger one is refused with <c>log.entry_too_large</c>.</summary>
    public int MaxEntryBytes { get; init; } = 32 * 1024 * 1024;

    // Tests put a failing disk here; there is no other way to fill one without privileges.
    internal LogWrite Write { get; init; } = RandomAccess.Write;
}

internal delegate void LogWrite(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset);
