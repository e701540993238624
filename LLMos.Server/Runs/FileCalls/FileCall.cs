using System.Text.Json;
using System.Text.Json.Serialization;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs.FileCalls;

/// <summary>What a worker asks of the volumes; which members are set follows from <see cref="Call"/> (PROTOCOL.md section 5).</summary>
internal sealed record FileCall
{
    /// <summary>Of the JSON, and of the bytes behind it or asked for.</summary>
    public const int MaxJsonBytes = 65_536, MaxBytes = 1_048_576;

    // Beyond any file; what is added to it is still a number.
    private const long MaxOffset = 1L << 50;

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 4,
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public required string Call { get; init; }
    public string? Path { get; init; }
    public string? To { get; init; }
    public string? Mode { get; init; }
    public string? After { get; init; }
    public int? Handle { get; init; }
    public long? Offset { get; init; }
    public long? Length { get; init; }

    /// <summary>Raw bytes that follow the JSON.</summary>
    public int Bytes { get; init; }
    public bool Overwrite { get; init; }

    /// <summary>How many bytes the answer may bring.</summary>
    public int Room => Call switch { "read" => (int)Length!.Value, "open" => WorkerFiles.WholeBytes, _ => 0 };

    /// <exception cref="ProtocolException">Not JSON, or not a call of the table.</exception>
    public static FileCall Parse(ReadOnlySpan<byte> bytes)
    {
        FileCall? call;
        try
        {
            call = JsonSerializer.Deserialize<FileCall>(bytes, Strict);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            throw new ProtocolException("a call that is not the JSON it should be");
        }

        return call is not null && call.IsWellFormed() ? call : throw new ProtocolException("a call of an unknown form");
    }

    private bool IsWellFormed() => (Call == "write" ? Bytes is > 0 and <= MaxBytes : Bytes == 0) && Call switch
    {
        "open" => Path is not null && Mode is ("read" or "write" or "new" or "append" or "update" or "extend"),
        "read" => Handle is not null && Offset is >= 0 and <= MaxOffset && Length is > 0 and <= MaxBytes,
        "write" => Handle is not null && Offset is >= 0 and <= MaxOffset,
        "resize" => Handle is not null && Length is >= 0 and <= MaxOffset,
        "commit" or "discard" => Handle is not null,
        "stat" or "list" or "space" or "makeFolder" => Path is not null,
        "remove" => Path is not null && Mode is ("file" or "folder" or "tree"),
        "move" or "copy" => Path is not null && To is not null,
        _ => false,
    };
}
