using System.ComponentModel.DataAnnotations;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>What holds for every request, bound from the <c>Hosting</c> section.</summary>
public sealed record HostingOptions : IValidatableObject
{
    public const string Section = "Hosting";

    /// <summary>Names that the server is called by, separated by spaces, <c>*.example.org</c> for all below one; beside localhost and plain addresses, which always are.</summary>
    [RegularExpression(@"[A-Za-z0-9_.*;, -]{0,4096}", ErrorMessage = "AllowedHosts has host names without ports, separated by spaces, such as 'llmos.lan *.example.org'.")]
    public string? AllowedHosts { get; init; }

    /// <summary>Addresses, or networks such as <c>172.16.0.0/12</c>, of proxies whose forwarded headers are believed, separated by spaces.</summary>
    public string? KnownProxies { get; init; }

    /// <summary>Bytes of a request's body, where a route does not set its own bound.</summary>
    [Range(1024, 1_073_741_824)]
    public long MaxRequestBodyBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Brackets within brackets in a JSON body.</summary>
    [Range(8, 1024)]
    public int MaxJsonDepth { get; init; } = 64;

    /// <summary>Open connections of all callers together; one more is closed at once. A page has one or two, an event stream is one.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; init; } = 2000;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from proxy in Split(KnownProxies)
        where TrustedProxies.NetworkOf(proxy) is null
        select new ValidationResult($"KnownProxies has '{proxy}', which is neither an address nor a network such as 172.16.0.0/12.", [nameof(KnownProxies)]);

    internal static IReadOnlyList<string> Split(string? list) => (list ?? "").Split([' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries);
}
