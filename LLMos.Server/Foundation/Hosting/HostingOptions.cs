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

    /// <summary>Open connections from one address (IPv6: one /64); one more is closed at once. Behind a proxy all come from its address.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnectionsPerAddress { get; init; } = 1500;

    /// <summary>Seconds after which a connection that has sent nothing is closed.</summary>
    [Range(1, 600)]
    public int SilentSeconds { get; init; } = 30;

    /// <summary>Requests of one person that are not answered yet, hub connections and event streams included; one more is refused with <c>request.too_many</c>.</summary>
    [Range(10, 100_000)]
    public int MaxRequestsPerPerson { get; init; } = 200;

    /// <summary>Event streams and streams of hubs that one person has open; one more is refused with <c>request.too_many_streams</c>.</summary>
    [Range(1, 100_000)]
    public int MaxStreamsPerPerson { get; init; } = 200;

    /// <summary>Streams of one hub connection; one more is refused with <c>request.too_many_streams</c>.</summary>
    [Range(1, 10_000)]
    public int MaxStreamsPerConnection { get; init; } = 50;

    /// <summary>Memory that answers to one person take until they are read, in mebibytes; what needs more waits, for 20 s where it is a request.</summary>
    [Range(8, 65_536)]
    public int AnswerMegabytesPerPerson { get; init; } = 32;

    /// <summary>Bytes a second that a request's body must come with, after 10 seconds; a slower one is ended.</summary>
    [Range(1, 1_048_576)]
    public int MinRequestBytesPerSecond { get; init; } = 1024;

    /// <summary>Bytes a second that an answer must be read with, after 10 seconds; who is slower is hung up on.</summary>
    [Range(1, 1_048_576)]
    public int MinAnswerBytesPerSecond { get; init; } = 4096;
}
