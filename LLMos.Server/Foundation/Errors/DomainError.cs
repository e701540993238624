namespace LLMos.Server.Foundation.Errors;

/// <summary>What kind of refusal this is; each edge gives it the form its callers know.</summary>
public enum ErrorKind
{
    /// <summary>The request itself is wrong (HTTP 400).</summary>
    Invalid,

    /// <summary>Nobody, or nobody known, is asking (401).</summary>
    Unauthenticated,

    /// <summary>The caller is known and may not (403).</summary>
    Forbidden,

    /// <summary>There is no such thing, or it is somebody else's: callers cannot tell (404).</summary>
    NotFound,

    /// <summary>The thing is there and does not take this method (405).</summary>
    NotAllowed,

    /// <summary>The thing is not in a state that allows this (409).</summary>
    Conflict,

    /// <summary>The thing is not at the state that the caller has seen (412).</summary>
    PreconditionFailed,

    /// <summary>A size limit (413).</summary>
    TooLarge,

    /// <summary>A body of a kind that this route does not take (415).</summary>
    UnsupportedMediaType,

    /// <summary>An <c>Expect</c> that this server does not know (417).</summary>
    ExpectationFailed,

    /// <summary>A rate or queue limit; trying later helps (429).</summary>
    Busy,

    /// <summary>The server cannot do this as it is set up or as its host is (503).</summary>
    Unavailable,

    /// <summary>No room left on the disk (507).</summary>
    StorageFull,

    /// <summary>A bug (500): only the edges make it, with the trace id and nothing of the exception.</summary>
    Internal,
}

/// <summary>A refusal that its caller may read.</summary>
/// <param name="Kind">Chooses the HTTP status.</param>
/// <param name="Code">Stable, lower case, <c>slice.reason</c>; programs branch on it.</param>
/// <param name="Detail">One sentence for people: what is wrong and what to do.</param>
/// <param name="RetryAfterSeconds">Only for <see cref="ErrorKind.Busy"/>: when trying again makes sense.</param>
public sealed record DomainError(ErrorKind Kind, string Code, string Detail, int? RetryAfterSeconds = null);
