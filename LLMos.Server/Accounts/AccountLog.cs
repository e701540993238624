namespace LLMos.Server.Accounts;

internal static partial class AccountLog
{
    /// <summary>The one line in the log that holds a secret: whoever reads the log owns the server, and it works once.</summary>
    [LoggerMessage(1000, LogLevel.Information, "Open {Link} to become administrator")]
    public static partial void SetupLink(this ILogger logger, string link);

    [LoggerMessage(1001, LogLevel.Information, "Created the administrator {User} from the FirstRun settings")]
    public static partial void AdministratorSeeded(this ILogger logger, string user);

    [LoggerMessage(1002, LogLevel.Information, "There is an administrator already: the FirstRun settings are ignored")]
    public static partial void SeedIgnored(this ILogger logger);

    [LoggerMessage(1003, LogLevel.Information, "{User} became the first administrator by the set-up link")]
    public static partial void SetUp(this ILogger logger, string user);

    [LoggerMessage(1004, LogLevel.Information, "{User} signed in")]
    public static partial void SignedIn(this ILogger logger, string user);

    // Without the name that was typed: people type their password into the wrong field.
    [LoggerMessage(1005, LogLevel.Information, "A log-in from {Address} was refused: wrong name or password")]
    public static partial void LoginRefused(this ILogger logger, string address);

    [LoggerMessage(1006, LogLevel.Warning, "Log-ins are limited after too many failures, the last from {Address}")]
    public static partial void LoginLimited(this ILogger logger, string address);

    [LoggerMessage(1007, LogLevel.Information, "{User} changed their password")]
    public static partial void PasswordChanged(this ILogger logger, string user);

    [LoggerMessage(1008, LogLevel.Information, "{Administrator} added {AccountId} as {Role}")]
    public static partial void PersonAdded(this ILogger logger, string administrator, string accountId, Role role);

    [LoggerMessage(1009, LogLevel.Information, "{Administrator} changed {AccountId}")]
    public static partial void PersonChanged(this ILogger logger, string administrator, string accountId);

    [LoggerMessage(1010, LogLevel.Information, "{Administrator} removed {AccountId}")]
    public static partial void PersonRemoved(this ILogger logger, string administrator, string accountId);

    [LoggerMessage(1011, LogLevel.Information, "{User} made the token {TokenId}")]
    public static partial void TokenCreated(this ILogger logger, string user, string tokenId);

    [LoggerMessage(1012, LogLevel.Information, "{User} removed the token {TokenId}")]
    public static partial void TokenRemoved(this ILogger logger, string user, string tokenId);

    [LoggerMessage(1013, LogLevel.Information, "{User} signed out")]
    public static partial void SignedOut(this ILogger logger, string user);

    [LoggerMessage(1015, LogLevel.Error, "Something that {User} had begun could not be ended, though their right to it was taken back")]
    public static partial void NotEnded(this ILogger logger, string user, Exception failure);

    [LoggerMessage(1016, LogLevel.Information, "Deleted what {AccountId} has left, who has no account any more: {Count} {What}, {Bytes} bytes")]
    public static partial void Purged(this ILogger logger, string accountId, long count, string what, long bytes);

    [LoggerMessage(1017, LogLevel.Warning, "What {AccountId} has left, who has no account any more, could not all be deleted ({What}); tried again in {Seconds} s")]
    public static partial void NotPurged(this ILogger logger, string accountId, string what, double seconds, Exception failure);

    [LoggerMessage(1014, LogLevel.Information, "{Administrator} removed all tokens of {AccountId}")]
    public static partial void TokensRemoved(this ILogger logger, string administrator, string accountId);
}
