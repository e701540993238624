using System.Globalization;
using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Runs;

internal static class RunErrors
{
    public static DomainException NotFound(string id) =>
        new(new(ErrorKind.NotFound, "runs.not_found", $"There is no run '{(id.Length <= 64 ? id : id[..64])}'."));

    public static DomainException LanguageUnknown(string language) =>
        new(new(ErrorKind.Invalid, "runs.language_unknown", $"'{(language.Length <= 32 ? language : language[..32])}' is not a language of this server; it runs: python."));

    public static DomainException CodeEmpty() =>
        new(new(ErrorKind.Invalid, "runs.code_empty", "There is no code to run."));

    public static DomainException CodeTooLarge(long bytes, int limit) =>
        new(new(ErrorKind.TooLarge, "runs.code_too_large", Invariant($"The code has {bytes:N0} bytes; at most {limit:N0} can be run.")));

    public static DomainException StdinTooLarge(long bytes, int limit) =>
        new(new(ErrorKind.TooLarge, "runs.stdin_too_large", Invariant($"Standard input has {bytes:N0} bytes; at most {limit:N0} are taken.")));

    public static DomainException FileNotText(string path) =>
        new(new(ErrorKind.Invalid, "runs.file_not_text", $"'{path}' is not UTF-8 text."));

    public static DomainException ArgumentsTooLarge(int most, int mostBytes) =>
        new(new(ErrorKind.TooLarge, "runs.arguments_too_large", Invariant($"A run has at most {most} arguments, of {mostBytes:N0} bytes together.")));

    public static DomainException EnvironmentTooLarge(int most, int mostBytes) =>
        new(new(ErrorKind.TooLarge, "runs.environment_too_large", Invariant($"A run has at most {most} variables of its environment, of {mostBytes:N0} bytes together.")));

    public static DomainException EnvironmentNameInvalid(string name) =>
        new(new(ErrorKind.Invalid, "runs.environment_name_invalid", $"'{(name.Length <= 64 ? name : name[..64])}' is no name of a variable: it has 1 to 128 letters, digits and underscores, and begins with no digit."));

    public static DomainException AbandonUnknown() =>
        new(new(ErrorKind.Invalid, "runs.abandon_unknown", "'abandon' is 'keep' or 'end'."));

    public static DomainException TextInvalid(string member) =>
        new(new(ErrorKind.Invalid, "runs.text_invalid", $"'{member}' has a NUL or a character that is not valid Unicode."));

    public static DomainException LimitOutOfRange(string name, double least, double most) =>
        new(new(ErrorKind.Invalid, "runs.limit_out_of_range", Invariant($"'{name}' must lie between {least} and {most}.")));

    public static DomainException QueueFull(int limit) =>
        new(new(ErrorKind.Busy, "runs.queue_full", $"{limit} runs are already waiting; try again when one has finished.", RetryAfterSeconds: 2));

    public static DomainException UserQueueFull(int limit) =>
        new(new(ErrorKind.Busy, "runs.user_queue_full", $"{limit} of your runs are already waiting; try again when one has finished.", RetryAfterSeconds: 2));

    public static DomainException SandboxUnavailable(string reason) =>
        new(new(ErrorKind.Unavailable, "runs.sandbox_unavailable", $"Code cannot run on this host now. {reason}"));

    public static DomainException Stopping() =>
        new(new(ErrorKind.Unavailable, "runs.server_stopping", "The server is stopping."));

    public static DomainException NotRunning(string state) =>
        new(new(ErrorKind.Conflict, "runs.not_running", $"Only a running run can be interrupted; this one is {state}."));

    public static DomainException IdempotencyMismatch() =>
        new(new(ErrorKind.Conflict, "runs.idempotency_mismatch", "This Idempotency-Key was used for another request."));

    public static DomainException IdempotencyKeyInvalid() =>
        new(new(ErrorKind.Invalid, "runs.idempotency_key_invalid", "An Idempotency-Key has 1 to 128 visible ASCII characters."));

    public static DomainException WaitOutOfRange(int most) =>
        new(new(ErrorKind.Invalid, "runs.wait_out_of_range", $"'wait' must lie between 0 and {most} seconds."));

    public static DomainException TooManyFiles(int limit) =>
        new(new(ErrorKind.Conflict, "runs.too_many_files", $"A program may have {limit} files open at the same time; close some."));

    public static DomainException TooManyDevices(int limit) =>
        new(new(ErrorKind.Conflict, "runs.too_many_devices", $"A program may have {limit} devices open at the same time; close some."));

    public static DomainException DeviceBytesSkipped(string what) =>
        new(new(ErrorKind.Conflict, "runs.device_bytes_skipped", $"The program read too slowly: {what}"));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
