using Microsoft.AspNetCore.Diagnostics;

namespace LLMos.Server.Foundation.Errors;

/// <summary>The HTTP edge: a refusal becomes problem+json with its <c>code</c>.</summary>
internal sealed class HttpErrorHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellation)
    {
        if (ErrorOf(exception) is not { } error)
            return ValueTask.FromResult(false);

        http.Response.StatusCode = StatusOf(error.Kind);
        if (error.RetryAfterSeconds is { } seconds)
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);

        return problems.TryWriteAsync(new()
        {
            HttpContext = http,
            ProblemDetails = { Status = http.Response.StatusCode, Detail = error.Detail, Extensions = { ["code"] = error.Code } },
        });
    }

    private static DomainError? ErrorOf(Exception exception) => exception switch
    {
        DomainException { Error: var error } => error,
        // The framework's own refusals (unreadable JSON, a body that is too large) say what is wrong in their text.
        BadHttpRequestException bad => new(
            bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? ErrorKind.TooLarge : ErrorKind.Invalid,
            bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "request.too_large" : "request.malformed",
            bad.InnerException is System.Text.Json.JsonException json ? $"The JSON body is not what this route takes: {json.Message}" : bad.Message),
        _ => null,
    };

    private static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.Busy => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.StorageFull => StatusCodes.Status507InsufficientStorage,
        _ => StatusCodes.Status500InternalServerError,
    };
}
