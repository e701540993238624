namespace LLMos.Server.Foundation.Errors;

/// <summary>Refusals of a request as such, before any slice has looked at it.</summary>
internal static class RequestErrors
{
    public static DomainException HeaderMissing() =>
        new(new(ErrorKind.Forbidden, "request.header_missing", "A request signed in by cookie that changes something needs the header X-LLMos-Request: 1."));

    public static DomainException OriginRefused() =>
        new(new(ErrorKind.Forbidden, "request.origin_refused", "This request comes from a page of another site; only this server's own page may send it."));

    public static DomainError HostUnknown(string host) => new(
        ErrorKind.Invalid, "request.host_unknown",
        $"This server is not called '{host}'. If it is, name it in the setting LLMos__Hosting__AllowedHosts; http://127.0.0.1, localhost and the address itself always work.");

    public static DomainError DestinationRefused() => new(
        ErrorKind.Forbidden, "request.destination_refused", "This address answers programs, and who opens or saves what is there; it is no script, style, worker, frame or image of a page.");

    public static DomainException TooMany(int limit) =>
        new(new(ErrorKind.Busy, "request.too_many", $"{limit} requests of yours are open already; wait for their answers.", RetryAfterSeconds: 1));

    public static DomainException TooManyStreams(int limit) =>
        new(new(ErrorKind.Busy, "request.too_many_streams", $"{limit} streams are open already; end one that you do not read.", RetryAfterSeconds: 1));

    public static DomainException UnreadAnswers(int megabytes) =>
        new(new(ErrorKind.Busy, "request.unread_answers", $"Answers to you that are not read yet take all of the {megabytes} MiB that they may; read them first.", RetryAfterSeconds: 5));

    public static DomainError MediaType() =>
        new(ErrorKind.UnsupportedMediaType, "request.media_type", "The body must be application/json or, for files, application/octet-stream.");

    public static DomainError Malformed(string detail) => new(ErrorKind.Invalid, "request.malformed", detail);

    public static DomainError TooLarge(string detail) => new(ErrorKind.TooLarge, "request.too_large", detail);

    public static DomainError NotFound() => new(ErrorKind.NotFound, "request.not_found", "There is nothing at this address.");

    public static DomainError MethodNotAllowed() =>
        new(ErrorKind.NotAllowed, "request.method_not_allowed", "This address does not take this method; the Allow header says which it takes.");

    public static DomainError Internal(string traceId) =>
        new(ErrorKind.Internal, "internal", $"The server failed; its log has the cause under trace id {traceId}.");
}
