using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Runs.Sessions;

internal static class SessionErrors
{
    private const int RetryAfterSeconds = 30;

    public static DomainException NotFound(string name) =>
        new(new(ErrorKind.NotFound, "runs.session_not_found", $"There is no session '{(name.Length <= 64 ? name : name[..64])}'."));

    public static DomainException NameInvalid() =>
        new(new(ErrorKind.Invalid, "runs.session_name_invalid", "A session's name has 1 to 64 of the characters A-Z a-z 0-9 . _ -"));

    public static DomainException HeapFixed(string name, int megabytes) =>
        new(new(ErrorKind.Conflict, "runs.session_heap_fixed", $"Session '{name}' was begun with a heap of {megabytes} MiB; close it to begin anew with another."));

    public static DomainException TooMany(IEnumerable<string> names) =>
        new(new(ErrorKind.Conflict, "runs.too_many_sessions", $"You have as many sessions as there may be: {string.Join(", ", names)}. Close one, or run in it."));

    public static DomainException Full(int limit) =>
        new(new(ErrorKind.Busy, "runs.sessions_full", $"{limit} sessions are open on this server; try again when one has ended, or run without a session.", RetryAfterSeconds));

    public static DomainException MemoryShort(long megabytes) =>
        new(new(ErrorKind.Busy, "runs.memory_short", $"Only {megabytes} MiB of memory are free on this host; no session can begin now. Run without one, or close another.", RetryAfterSeconds));
}
