using System.Text.Json.Serialization;
using System.Text.Json;
using LLMos.Server.Runs.Sessions;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>A frame as a worker sent it; which members are set follows from <see cref="Type"/> (PROTOCOL.md section 3).</summary>
internal sealed record WorkerFrame
{
    private const int MaxVariables = 200, MaxVariableText = 400, MaxDimensions = 32;
    private const int MaxText = 65_536, MaxLabel = 200, MaxLayers = 16, MaxTypesInBundle = 32, MaxCauses = 16;

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 32,
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new BoundedForm(), new BoundedList<SessionVariable>(MaxVariables), new BoundedList<ErrorCause>(MaxCauses), new BoundedList<long>(MaxDimensions) },
    };

    public required string Type { get; init; }
    public string? Text { get; init; }
    public Dictionary<string, string>? Data { get; init; }
    public Dictionary<string, string>? Layers { get; init; }
    public double? Done { get; init; }
    public double? Total { get; init; }
    public string? Label { get; init; }
    public string? Name { get; init; }
    public string? Message { get; init; }
    public int? Line { get; init; }
    public int? Column { get; init; }
    public string? LineText { get; init; }
    public string? Traceback { get; init; }
    public IReadOnlyList<ErrorCause>? Causes { get; init; }
    public string? Hint { get; init; }
    public string? Outcome { get; init; }
    public IReadOnlyList<SessionVariable>? Variables { get; init; }
    public int? Omitted { get; init; }

    /// <exception cref="ProtocolException">Not JSON, or not a frame of the table.</exception>
    public static WorkerFrame Parse(ReadOnlySpan<byte> bytes)
    {
        WorkerFrame? frame;
        try
        {
            frame = JsonSerializer.Deserialize<WorkerFrame>(bytes, Strict);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            throw new ProtocolException("a frame that is not the JSON it should be");
        }

        return frame is not null && frame.IsWellFormed() ? frame : throw new ProtocolException("a frame of an unknown form");
    }

    /// <summary>What people see of a <c>display</c>, <c>result</c> or <c>progress</c> frame.</summary>
    public RunEvent ToEvent() => Type == "progress" ? new() { Type = Type, Progress = new(Done!.Value, Total, Label) } : new() { Type = Type, Data = Data };

    /// <summary>What an <c>error</c> frame says.</summary>
    public RunError ToError() => new(Name!, Message!, Line, LineText, Column, Traceback!, Hint, Causes ?? []);

    private bool IsWellFormed() => Type switch
    {
        "ready" => Layers is { Count: <= MaxLayers },
        "stderr" => Text is not null,
        "display" or "result" => Data is { Count: > 0 },
        "progress" => double.IsFinite(Done ?? double.NaN) && double.IsFinite(Total ?? 0) && (Label?.Length ?? 0) <= MaxLabel,
        "error" => Name?.Length <= MaxText && Message?.Length <= MaxText && Traceback?.Length <= MaxText && (Hint?.Length ?? 0) <= MaxText
            && (LineText?.Length ?? 0) <= MaxText && (Causes?.All(IsWellFormed) ?? true),
        "begun" or "buffering" => true,
        "variables" => Variables is not null && Variables.All(IsWellFormed) && Omitted >= 0,
        "ended" => Outcome is "succeeded" or "failed" or "memory" or "interrupted",
        _ => false,
    };

    private static bool IsWellFormed(ErrorCause? cause) =>
        cause is { Name.Length: <= MaxText, Message.Length: <= MaxText, Relation: "cause" or "handling" or "member" } && (cause.LineText?.Length ?? 0) <= MaxText;

    private static bool IsWellFormed(SessionVariable? variable) =>
        variable is { Name.Length: <= MaxVariableText, Type.Length: <= MaxVariableText, Repr.Length: <= MaxVariableText };

    /// <summary>Stops to read at the first one too many: a frame has room for eight million numbers, and each would take eight times its room.</summary>
    private sealed class BoundedList<T>(int most) : JsonConverter<IReadOnlyList<T>>
    {
        public override IReadOnlyList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var items = new List<T>();
            if (reader.TokenType != JsonTokenType.StartArray)
                throw new JsonException();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                items.Add(items.Count < most ? JsonSerializer.Deserialize<T>(ref reader, options)! : throw new JsonException());
            return items;
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options) => throw new NotSupportedException();
    }

    /// <summary>Stops to read at the first member too many: two million of them fit into one frame, and would take ten times its room.</summary>
    private sealed class BoundedForm : JsonConverter<Dictionary<string, string>>
    {
        public override Dictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var members = new Dictionary<string, string>();
            var isObject = reader.TokenType == JsonTokenType.StartObject;
            while (isObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                isObject = reader.Read() && reader.TokenType == JsonTokenType.String
                    && members.Count < MaxTypesInBundle && members.TryAdd(name, reader.GetString()!);
            }

            return isObject ? members : throw new JsonException();
        }

        public override void Write(Utf8JsonWriter writer, Dictionary<string, string> value, JsonSerializerOptions options) =>
            throw new NotSupportedException();
    }
}
