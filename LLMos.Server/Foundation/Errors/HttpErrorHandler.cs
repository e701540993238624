using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics;

namespace LLMos.Server.Foundation.Errors;

/// <summary>The HTTP edge: a refusal becomes problem+json with its <c>code</c>; anything else becomes <c>internal</c>.</summary>
internal sealed partial class HttpErrorHandler(ILogger<HttpErrorHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellation)
    {
        if (IsOfTheConnection(exception))
            return true;
        await Problem.WriteAsync(http, ErrorOf(exception) ?? Unexpected(http, exception));
        return true;
    }

    // Of a connection that has ended, whoever ended it, the body's reader may hear before the request does; no one is there to be answered.
    private static bool IsOfTheConnection(Exception exception) => exception is ConnectionAbortedException or ConnectionResetException
        || (exception is OperationCanceledException or IOException && exception.InnerException is { } inner && IsOfTheConnection(inner));

    private static DomainError? ErrorOf(Exception exception) => exception switch
    {
        DomainException { Error: var error } => error,
        // The framework's own refusals (unreadable JSON, a body that is too large) say what is wrong in their text.
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge, Message: var text } => RequestErrors.TooLarge(text),
        BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType } => RequestErrors.MediaType(),
        BadHttpRequestException { InnerException: JsonException json } => RequestErrors.Malformed($"The JSON body is not what this route takes: {WithoutTypes(json.Message)}"),
        BadHttpRequestException { Message: var text } => RequestErrors.Malformed(text),
        _ => null,
    };

    // What the server is made of says nothing to a caller.
    private static string WithoutTypes(string message) => TypeName().Replace(message, "");

    [GeneratedRegex(@" (contained in|for) type '[^']*'| to (System|LLMos)\.\S+(?=\. Path)|\.NET (?=member)")]
    private static partial Regex TypeName();

    private DomainError Unexpected(HttpContext http, Exception exception)
    {
        var traceId = Activity.Current?.Id ?? http.TraceIdentifier;
        logger.RequestFailed(traceId, exception);
        return RequestErrors.Internal(traceId);
    }
}
