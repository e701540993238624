using System.Globalization;
using System.Net.Sockets;
using LLMos.Server.Foundation.Errors;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Events;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>A start that fails for what a person can set right (folder, setting, secret, address) ends with a sentence, not with a stack.</summary>
internal static class StartFailure
{
    public const int ExitStatus = 2;

    /// <summary>Of a server that ended by itself, as a part of it failed while it served.</summary>
    public const int ExitStatusOfFault = 1;

    /// <returns>What a person needs to know; null when it is a bug, for which the stack says more.</returns>
    public static string? Explain(Exception? failure) => failure switch
    {
        DomainException refusal => refusal.Error.Detail,
        OptionsValidationException setting => string.Join(" ", setting.Failures),
        InvalidDataException file => $"{file.Message} {file.InnerException?.Message}",
        IOException or UnauthorizedAccessException or SocketException => failure.Message,
        // How the configuration binder says that a value is not of its type.
        InvalidOperationException { InnerException: FormatException } setting => setting.Message,
        _ => null,
    };

    /// <summary>Says it on standard error: the server's own log may not be there yet, or is gone already.</summary>
    public static void Tell(string sentence)
    {
        using var log = new LoggerConfiguration()
            .WriteTo.Console(outputTemplate: Logs.Line, standardErrorFromLevel: LogEventLevel.Verbose, formatProvider: CultureInfo.InvariantCulture)
            .CreateLogger();
        log.ForContext(typeof(StartFailure)).Fatal("The server cannot start. {Reason}", sentence);
    }
}
