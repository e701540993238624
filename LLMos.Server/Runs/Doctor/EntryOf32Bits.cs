using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LLMos.Server.Runs.Doctor;

/// <summary>Whether the kernel takes calls by `int 0x80`. Some guests' kernels have no such entry, whatever their configuration says: the instruction itself ends the process.</summary>
internal static class EntryOf32Bits
{
    // getpid by the old entry, in a page of its own. A process that nothing confines tries it, as only that tells the kernel from the filter.
    private const string Call = """
        import ctypes, mmap
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(bytes.fromhex("b814000000cd80c3"))
        ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
        """;

    public static bool Exists(string python)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return false;
        using var process = Process.Start(new ProcessStartInfo(python) { ArgumentList = { "-I", "-c", Call }, RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
