namespace LLMos.Server.Foundation.Errors;

internal static partial class ErrorLog
{
    [LoggerMessage(100, LogLevel.Error, "Request failed, trace id {TraceId}")]
    public static partial void RequestFailed(this ILogger logger, string traceId, Exception exception);

    [LoggerMessage(101, LogLevel.Error, "Hub method {Method} failed, trace id {TraceId}")]
    public static partial void HubMethodFailed(this ILogger logger, string method, string traceId, Exception exception);
}
