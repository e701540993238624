using Serilog.Events;

namespace LLMos.Server.Foundation.Hosting;

public enum LogFormat
{
    /// <summary>A line for people.</summary>
    Readable,

    /// <summary>One compact JSON object a line.</summary>
    Json,
}

/// <summary>What is logged and in which form, bound from the <c>Logging</c> section.</summary>
public sealed record LogOptions
{
    public const string Section = "Logging";

    public LogFormat Format { get; init; } = LogFormat.Readable;

    public LogEventLevel Level { get; init; } = LogEventLevel.Information;
}
