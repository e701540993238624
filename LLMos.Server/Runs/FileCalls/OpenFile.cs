using LLMos.Server.Volumes;

namespace LLMos.Server.Runs.FileCalls;

/// <summary>A file that a worker has open: one version of it to read, or a draft of the next one.</summary>
internal sealed class OpenFile(VolumePath path, Stream? content, ContentDraft? draft) : IDisposable
{
    public VolumePath Path => path;

    /// <summary>What is written; null: it is open for reading.</summary>
    public ContentDraft? Draft => draft;

    /// <summary>Whether what is written goes to the file's end, wherever that is by then.</summary>
    public bool Appends { get; init; }

    /// <summary>What must be there when the draft becomes a version.</summary>
    public WriteCondition Condition { get; set; } = WriteCondition.None;

    public int Read(long offset, Span<byte> buffer)
    {
        if (draft is not null)
            return offset < draft.Length ? draft.Read(offset, buffer) : 0;

        content!.Position = offset;
        return content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
    }

    public void Dispose()
    {
        content?.Dispose();
        draft?.Dispose();
    }
}
