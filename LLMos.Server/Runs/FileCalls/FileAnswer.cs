using LLMos.Server.Volumes;

namespace LLMos.Server.Runs.FileCalls;

/// <summary>The answer to a call: a refusal's code and sentence, or what was asked for (PROTOCOL.md section 5).</summary>
internal sealed record FileAnswer
{
    public string? Error { get; init; }
    public string? Message { get; init; }
    public int? Handle { get; init; }
    public FileFacts? Entry { get; init; }
    public IReadOnlyList<FileFacts>? Entries { get; init; }
    public string? Next { get; init; }

    /// <summary>Whether the run's person may change what was asked about; null: nobody asked.</summary>
    public bool? Writable { get; init; }
    public VolumeSpace? Space { get; init; }

    /// <summary>Raw bytes that follow the JSON.</summary>
    public int Bytes { get; init; }
}

/// <param name="Bytes">That the volume may hold.</param>
internal sealed record VolumeSpace(long Bytes, long FreeBytes, long Entries, long FreeEntries);

/// <param name="Id">Of the file or folder: the same under another name.</param>
/// <param name="Version">Of a file; null: it is a folder.</param>
/// <param name="CreatedAt">Microseconds since 1970, as is <paramref name="ModifiedAt"/>.</param>
internal sealed record FileFacts(string Name, long Id, int? Version, long Bytes, long CreatedAt, long ModifiedAt)
{
    public static FileFacts Of(Node node) => node is FileNode { Current: var current }
        ? new(node.Name, node.Id, current.Number, current.Length, Microseconds(node.CreatedAt), Microseconds(current.ModifiedAt))
        : new(node.Name, node.Id, null, 0, Microseconds(node.CreatedAt), Microseconds(node.CreatedAt));

    private static long Microseconds(DateTime at) => (at - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
