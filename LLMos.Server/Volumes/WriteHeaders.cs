using Microsoft.Net.Http.Headers;

namespace LLMos.Server.Volumes;

/// <summary>What a write says in headers of its body, and of what it replaces: honoured by its route, or refused, never overlooked.</summary>
/// <param name="Conditions">Whether the route takes <c>If-Match</c>, <c>If-None-Match</c> and <c>If-Unmodified-Since</c>.</param>
/// <param name="Digest">Whether it compares the body with its SHA-256.</param>
internal sealed record WriteHeaders(bool Conditions = false, bool Digest = false)
{
    private const string Identity = "identity", Continue = "100-continue", Sha256 = "sha-256", Condition = "If";

    // A write MUST ignore the first (RFC 9110 13.1.3), and the second without Range, which no write takes (13.1.5, 14.2).
    private static readonly string[] OfReaders = [HeaderNames.IfModifiedSince, HeaderNames.IfRange];

    private static readonly string[] Conditional = [HeaderNames.IfMatch, HeaderNames.IfNoneMatch, HeaderNames.IfUnmodifiedSince];

    private static readonly string[] Digests = ["Repr-Digest", "Content-Digest", "Digest"];

    private static readonly WriteHeaders None = new();

    /// <summary>A filter for routes; what one of them takes beyond nothing is its metadata.</summary>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.part_refused</c>, <c>volumes.encoding_refused</c>, <c>volumes.condition_refused</c>, <c>volumes.expectation_refused</c>, <c>volumes.digest_refused</c>.</exception>
    public static ValueTask<object?> CheckAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var (request, route) = (context.HttpContext.Request, context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<WriteHeaders>() ?? None);
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
            route.Check(request);
        return next(context);
    }

    /// <returns>The SHA-256 that the body must have; null: none is given.</returns>
    /// <exception cref="Foundation.Errors.DomainException"><c>volumes.digest_refused</c>.</exception>
    public static ContentHash? DigestOf(HttpRequest request)
    {
        ContentHash? digest = null;
        foreach (var header in Digests.Where(request.Headers.ContainsKey))
        {
            // RFC 9530: sha-256=:Base64:. Before it, RFC 3230: SHA-256=Base64. Those of other algorithms say the same.
            var given = request.Headers.GetCommaSeparatedValues(header).Where(part => part.StartsWith($"{Sha256}=", StringComparison.OrdinalIgnoreCase)).ToList();
            var bytes = new byte[ContentHash.Bytes];
            if (given.Count != 1 || !Convert.TryFromBase64String(given[0][(Sha256.Length + 1)..].Trim(':'), bytes, out var count) || count != bytes.Length)
                throw VolumeErrors.DigestRefused(header);
            if (digest is { } other && other != ContentHash.Read(bytes))
                throw VolumeErrors.DigestMismatch();
            digest = ContentHash.Read(bytes);
        }

        return digest;
    }

    private void Check(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.ContainsKey(HeaderNames.ContentRange))
            throw VolumeErrors.PartRefused();
        if (headers.GetCommaSeparatedValues(HeaderNames.ContentEncoding).FirstOrDefault(coding => !coding.Equals(Identity, StringComparison.OrdinalIgnoreCase)) is { } other)
            throw VolumeErrors.EncodingRefused(other);
        if (headers.GetCommaSeparatedValues(HeaderNames.Expect).FirstOrDefault(expected => !expected.Equals(Continue, StringComparison.OrdinalIgnoreCase)) is { } expectation)
            throw VolumeErrors.ExpectationRefused(expectation);
        if (headers.Keys.FirstOrDefault(IsCondition) is { } condition)
            throw VolumeErrors.ConditionRefused(condition);
        if (headers.ContainsKey(HeaderNames.ContentMD5))
            throw VolumeErrors.DigestRefused(HeaderNames.ContentMD5);
        if (!Digest && Digests.FirstOrDefault(headers.ContainsKey) is { } digest)
            throw VolumeErrors.DigestRefused(digest);
    }

    // Also WebDAV's If, and what others may have thought of.
    private bool IsCondition(string header) =>
        (header.Equals(Condition, StringComparison.OrdinalIgnoreCase) || header.StartsWith($"{Condition}-", StringComparison.OrdinalIgnoreCase))
        && !OfReaders.Contains(header, StringComparer.OrdinalIgnoreCase)
        && !(Conditions && Conditional.Contains(header, StringComparer.OrdinalIgnoreCase));
}
