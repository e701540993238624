using System.Runtime.InteropServices;

namespace LLMos.Bench;

/// <summary>The clock that Python's <c>time.CLOCK_MONOTONIC</c> names: one for all processes of a machine.</summary>
internal static partial class MonotonicClock
{
    private const int Monotonic = 1;

    public static long Nanoseconds()
    {
        clock_gettime(Monotonic, out var now);
        return (now.Seconds * 1_000_000_000) + now.Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out TimeSpecification now);
}
