using LLMos.Server.Foundation.Errors;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Events;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>A start that fails for what a person can set right (folder, setting, secret, port) ends with a sentence, not with a stack.</summary>
/// <remarks>At the last moment, when nobody has caught it: whoever starts a server in a process of their own sees the exception itself.</remarks>
internal static class StartFailure
{
    public static void Watch() => AppDomain.CurrentDomain.UnhandledException += Tell;

    public static void Unwatch() => AppDomain.CurrentDomain.UnhandledException -= Tell;

    /// <returns>What a person needs to know; null when it is a bug, for which the stack says more.</returns>
    public static string? Explain(Exception? failure) => failure switch
    {
        DomainException refusal => refusal.Error.Detail,
        OptionsValidationException setting => string.Join(" ", setting.Failures),
        InvalidDataException file => $"{file.Message} {file.InnerException?.Message}",
        IOException or UnauthorizedAccessException => failure.Message,
        _ => null,
    };

    private static void Tell(object sender, UnhandledExceptionEventArgs unhandled)
    {
        if (Explain(unhandled.ExceptionObject as Exception) is not { } sentence)
            return;

        // The server's own log may not be there yet, or is gone already.
        using (var log = new LoggerConfiguration().WriteTo.Console(outputTemplate: Logs.Line, standardErrorFromLevel: LogEventLevel.Verbose,
            formatProvider: System.Globalization.CultureInfo.InvariantCulture).CreateLogger())
            log.ForContext(typeof(StartFailure)).Fatal("The server cannot start. {Reason}", sentence);
        Environment.Exit(1);
    }
}
