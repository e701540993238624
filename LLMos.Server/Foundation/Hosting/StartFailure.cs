using LLMos.Server.Foundation.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>What keeps a server from starting and whoever started it can put right: a sentence instead of a stack trace.</summary>
internal static partial class StartFailure
{
    public const int ExitStatus = 2;

    /// <returns>Whether it was such a failure, and was logged.</returns>
    public static bool IsTold(Exception failure, ILogger log)
    {
        var sentence = failure switch
        {
            OptionsValidationException invalid => $"The configuration is wrong: {string.Join(" ", invalid.Failures)}",
            DomainException { Error: var error } => error.Detail,
            IOException { InnerException: AddressInUseException } inUse => inUse.Message,
            _ => null,
        };
        if (sentence is not null)
            CannotStart(log, sentence);
        return sentence is not null;
    }

    [LoggerMessage(110, LogLevel.Critical, "Cannot start. {Sentence}")]
    private static partial void CannotStart(ILogger log, string sentence);
}
