using System.Runtime.InteropServices;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Files of a crashed process's memory, which holds everybody's: neither this process nor one that it starts writes them.</summary>
internal static partial class CoreDumps
{
    private const int Core = 4;

    public static void Forbid()
    {
        var none = new Limit(0, 0);
        if (SetLimit(Core, in none) != 0)
            throw new IOException($"Core dumps cannot be forbidden: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    /// <summary>As the kernel has it on 64 bits; in bytes.</summary>
    private readonly record struct Limit(ulong Soft, ulong Hard);
}
