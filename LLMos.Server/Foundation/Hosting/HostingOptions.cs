using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>What holds for every request, bound from the <c>Hosting</c> section.</summary>
public sealed record HostingOptions
{
    public const string Section = "Hosting";

    /// <summary>Bytes of a request's body, where a route does not set its own bound.</summary>
    [Range(1024, 1_073_741_824)]
    public long MaxRequestBodyBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Brackets within brackets in a JSON body.</summary>
    [Range(8, 1024)]
    public int MaxJsonDepth { get; init; } = 64;

    /// <summary>Open connections of all callers together; one more is closed at once. A page has one or two, an event stream is one.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; init; } = 2000;
}
