using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Devices.Lines;

/// <summary>The system calls for a serial port's descriptor that System.IO.Ports has not, or makes by polling each millisecond.</summary>
internal static unsafe partial class TerminalCalls
{
    public const short PollIn = 0x001, PollOut = 0x004;

    private const int ErrnoIo = 5, ErrnoInterrupted = 4, ErrnoAgain = 11, ErrnoNotTerminal = 25, ErrnoInvalid = 22;
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000, GetFlags = 3, SetFlags = 4, DuplicateCloseOnExec = 1030;
    private const uint GetModem = 0x5415, SetModem = 0x5418, StartBreak = 0x5427, StopBreak = 0x5428, GetTermios = 0x802C542A, SetTermios = 0x402C542B, Flush = 0x540B, OutputQueue = 0x5411;
    private const int FlushOutput = 1;
    private const int Dtr = 0x002, Rts = 0x004;
    private const uint HangUpOnClose = 0x4000;

    /// <summary>Something that another thread can end a <see cref="Poll"/> with.</summary>
    public static SafeFileHandle Event()
    {
        var descriptor = eventfd(0, NonBlocking | CloseOnExec);
        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw Failed("eventfd");
    }

    public static void Ring(SafeFileHandle bell)
    {
        var one = 1UL;
        _ = write(Number(bell), (byte*)&one, sizeof(ulong));
    }

    /// <summary>A descriptor of one's own for an open file; closing it leaves the other open.</summary>
    public static SafeFileHandle Duplicate(int descriptor)
    {
        // Not for programs that are started later, which would keep an unplugged port's name taken.
        var copy = fcntl(descriptor, DuplicateCloseOnExec, 0);
        if (copy < 0)
            throw Failed("F_DUPFD_CLOEXEC");
        var handle = new SafeFileHandle(copy, ownsHandle: true);
        _ = fcntl(copy, SetFlags, fcntl(copy, GetFlags, 0) | NonBlocking);
        return handle;
    }

    /// <summary>Waits until the line can be read (or written, if <paramref name="writing"/>) or the bell rings, which is then silent again.</summary>
    /// <returns>What the line is ready for: <see cref="PollIn"/>, <see cref="PollOut"/>; an error or a hang-up can be read.</returns>
    public static short Poll(SafeFileHandle line, SafeFileHandle bell, bool writing)
    {
        var descriptors = stackalloc PollDescriptor[2];
        descriptors[0] = new() { Descriptor = Number(line), Events = (short)(PollIn | (writing ? PollOut : 0)) };
        descriptors[1] = new() { Descriptor = Number(bell), Events = PollIn };
        if (poll(descriptors, 2, -1) < 0)
            return Marshal.GetLastPInvokeError() == ErrnoInterrupted ? (short)0 : throw Failed("poll");

        var rings = 0UL;
        if (descriptors[1].Happened != 0)
            _ = read(Number(bell), (byte*)&rings, sizeof(ulong));
        const short Ended = 0x008 | 0x010 | 0x020;
        return (descriptors[0].Happened & Ended) != 0 ? PollIn : descriptors[0].Happened;
    }

    /// <summary>Waits until the bell rings, which is not heard here, or the time is over.</summary>
    public static void Rest(SafeFileHandle bell, int milliseconds)
    {
        var descriptor = new PollDescriptor { Descriptor = Number(bell), Events = PollIn };
        _ = poll(&descriptor, 1, milliseconds);
    }

    /// <returns>0: the line is gone. -1: nothing is there after all.</returns>
    public static int Read(SafeFileHandle line, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return Moved(read(Number(line), start, (nuint)buffer.Length));
    }

    /// <returns>How many were taken; -1: none can be now.</returns>
    /// <exception cref="IOException">The line is gone.</exception>
    public static int Write(SafeFileHandle line, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return Moved(write(Number(line), start, (nuint)bytes.Length)) is var count and not 0 ? count : throw Failed("write");
    }

    /// <summary>Sets both lines by one call, so that a board sees no state between.</summary>
    /// <returns>False when the line has none.</returns>
    public static bool SetModemLines(SafeFileHandle line, LineSignals signals)
    {
        int lines;
        if (ioctl(Number(line), GetModem, &lines) < 0)
            return Marshal.GetLastPInvokeError() is ErrnoNotTerminal or ErrnoInvalid ? false : throw Failed("TIOCMGET");
        lines = With(With(lines, Dtr, signals.Dtr), Rts, signals.Rts);
        return ioctl(Number(line), SetModem, &lines) >= 0 ? true : throw Failed("TIOCMSET");

        static int With(int lines, int bit, bool? set) => set switch { true => lines | bit, false => lines & ~bit, null => lines };
    }

    public static void SetBreak(SafeFileHandle line, bool on)
    {
        if (ioctl(Number(line), on ? StartBreak : StopBreak, null) < 0)
            throw Failed("TIOCSBRK");
    }

    /// <returns>How many bytes the kernel and its driver have not sent yet; 0 also where they do not know.</returns>
    public static int Held(SafeFileHandle line)
    {
        int held;
        return ioctl(Number(line), OutputQueue, &held) >= 0 ? held : throw Failed("TIOCOUTQ");
    }

    /// <summary>Has the kernel forget what it has not sent yet.</summary>
    public static void DropOutput(SafeFileHandle line)
    {
        if (ioctl(Number(line), Flush, (void*)FlushOutput) < 0)
            throw Failed("TCFLSH");
    }

    /// <summary>Has the lines stay as they are when the port is closed: a board would be reset.</summary>
    public static void KeepLinesOnClose(SafeFileHandle line)
    {
        var settings = stackalloc uint[11];
        if (ioctl(Number(line), GetTermios, settings) < 0)
            throw Failed("TCGETS2");
        settings[2] &= ~HangUpOnClose;
        if (ioctl(Number(line), SetTermios, settings) < 0)
            throw Failed("TCSETS2");
    }

    private static int Moved(nint count) => count >= 0 ? (int)count : Marshal.GetLastPInvokeError() switch
    {
        ErrnoAgain or ErrnoInterrupted => -1,
        ErrnoIo => 0,
        _ => throw Failed("The serial port"),
    };

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private static IOException Failed(string call) => new($"{call} failed: {Marshal.GetLastPInvokeErrorMessage()}");

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);
}
