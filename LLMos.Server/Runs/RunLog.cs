namespace LLMos.Server.Runs;

internal static partial class RunLog
{
    [LoggerMessage(4001, LogLevel.Information, "Sandbox ready: Python {Version}, packages imported in {Milliseconds} ms. {Layers}")]
    public static partial void SandboxReady(ILogger log, string version, int milliseconds, string layers);

    [LoggerMessage(4002, LogLevel.Error, "The sandbox cannot start and will be tried again: {Reason}")]
    public static partial void ForkserverFailed(ILogger log, string reason);

    [LoggerMessage(4003, LogLevel.Error, "Runs are refused, a required layer of isolation is missing: {Reason}")]
    public static partial void IsolationMissing(ILogger log, string reason);

    [LoggerMessage(4004, LogLevel.Warning, "The forkserver ended and is started anew; its runs have ended as crashed")]
    public static partial void ForkserverEnded(ILogger log);

    [LoggerMessage(4005, LogLevel.Information, "Run {RunId} of {User} ended as {State} after {Milliseconds:0.0} ms")]
    public static partial void Ended(ILogger log, string runId, string user, string state, double milliseconds);

    [LoggerMessage(4006, LogLevel.Error, "Run {RunId} could not be kept")]
    public static partial void NotKept(ILogger log, Exception why, string runId);

    [LoggerMessage(4007, LogLevel.Warning, "Run {RunId} was in flight when the server ended and is now recorded as cancelled")]
    public static partial void Recovered(ILogger log, string runId);

    [LoggerMessage(4009, LogLevel.Warning, "The output of run {RunId} cannot be read back; its record has what was known at its beginning")]
    public static partial void LogLost(ILogger log, Exception why, string runId);

    [LoggerMessage(4010, LogLevel.Information, "A session of {User} has ended: {Reason}")]
    public static partial void SessionEnded(ILogger log, string user, string reason);

    [LoggerMessage(4011, LogLevel.Warning, "What a session has could not be kept; after a restart its loss will not be told")]
    public static partial void SessionNotKept(ILogger log, Exception why);

    [LoggerMessage(4014, LogLevel.Warning, "Records of runs from an earlier version could not be rewritten; they are read as they are until the next start")]
    public static partial void FormerNotRewritten(ILogger log, Exception why);

    [LoggerMessage(4008, LogLevel.Error, "A slot met an unexpected error in run {RunId}")]
    public static partial void SlotFailed(ILogger log, Exception why, string runId);
}
