using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Foundation.Streams;

internal static class EventLogErrors
{
    public static DomainException AfterNegative(long after) =>
        new(new(ErrorKind.Invalid, "log.after_negative", $"'after' is {after}; sequence numbers start at 1, and 0 means from the beginning."));

    public static DomainException AfterUnknown(long after, long last) =>
        new(new(ErrorKind.Invalid, "log.after_unknown", $"'after' is {after}, but the last sequence number so far is {last}."));

    public static DomainException EntryTooLarge(int bytes, int limit) =>
        new(new(ErrorKind.TooLarge, "log.entry_too_large", $"An entry of {bytes} bytes is over the limit of {limit} bytes."));

    public static DomainException Damaged(string path, long sequence) =>
        new(new(ErrorKind.Unavailable, "log.damaged", $"'{Path.GetFileName(path)}' cannot be read after sequence number {sequence}: its bytes are not what was written."));
}
