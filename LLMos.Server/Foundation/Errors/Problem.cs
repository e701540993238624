using System.Globalization;

namespace LLMos.Server.Foundation.Errors;

/// <summary>A refusal as problem+json, whatever the request says it accepts.</summary>
internal static class Problem
{
    public static Task WriteAsync(HttpContext http, DomainError error)
    {
        if (error.RetryAfterSeconds is { } seconds)
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);

        return TypedResults
            .Problem(error.Detail, statusCode: StatusOf(error.Kind), extensions: [new("code", error.Code)])
            .ExecuteAsync(http);
    }

    /// <summary>Gives the framework's empty refusals (no such route, no such method) the form of all others.</summary>
    public static Task WriteForStatusAsync(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status400BadRequest => WriteAsync(http, RequestErrors.Malformed("A value in the address or in a header is not what this route takes.")),
        StatusCodes.Status404NotFound => WriteAsync(http, RequestErrors.NotFound()),
        StatusCodes.Status405MethodNotAllowed => WriteAsync(http, RequestErrors.MethodNotAllowed()),
        StatusCodes.Status415UnsupportedMediaType => WriteAsync(http, RequestErrors.MediaType()),
        StatusCodes.Status413PayloadTooLarge => WriteAsync(http, RequestErrors.TooLarge("The body is larger than this server takes.")),
        var status => TypedResults.Problem(statusCode: status, extensions: [new("code", $"request.status_{status}")]).ExecuteAsync(http),
    };

    private static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.NotAllowed => StatusCodes.Status405MethodNotAllowed,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        ErrorKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
        ErrorKind.ExpectationFailed => StatusCodes.Status417ExpectationFailed,
        ErrorKind.Busy => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.StorageFull => StatusCodes.Status507InsufficientStorage,
        _ => StatusCodes.Status500InternalServerError,
    };
}
