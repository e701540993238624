using LLMos.Server.Foundation.Errors;

namespace LLMos.Server.Foundation.Storage;

internal static class StorageErrors
{
    // What .NET hands on from the system: ENOSPC and EDQUOT.
    private const int NoSpace = 28;
    private const int OverQuota = 122;

    public static bool IsFull(Exception failure) => failure is IOException { HResult: NoSpace or OverQuota };

    public static DomainException Full() =>
        new(new(ErrorKind.StorageFull, "storage.full", "The server's disk is full; nothing was changed. Free some space and try again."));
}
