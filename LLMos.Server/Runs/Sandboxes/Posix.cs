using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>The system calls that .NET does not offer: descriptors over a socket, poll over pipes, signals to a pidfd.</summary>
internal static unsafe partial class Posix
{
    private const short PollIn = 0x001, PollOut = 0x004;
    public const int SignalInterrupt = 2, SignalKill = 9, SignalUser2 = 12, SignalContinue = 18, SignalStop = 19;

    private const int SolSocket = 1, ScmRights = 1, CloseOnExec = 0x40000000;
    private const int ErrnoInterrupted = 4, ErrnoAgain = 11, ErrnoConnectionReset = 104;
    private const nuint DoNotBlock = 0x5421; // FIONBIO
    private const int PidfdSendSignal = 424;

    /// <summary>Waits until one of them can be read or has ended.</summary>
    /// <param name="milliseconds">Negative waits for ever.</param>
    /// <returns>Which can be read; all false when the time is over.</returns>
    public static (bool First, bool Second, bool Third) Poll(SafeFileHandle first, SafeFileHandle? second, SafeFileHandle? third, int milliseconds)
    {
        var descriptors = stackalloc PollDescriptor[3];
        descriptors[0] = new() { Descriptor = (int)first.DangerousGetHandle(), Events = PollIn };
        descriptors[1] = new() { Descriptor = second is null ? -1 : (int)second.DangerousGetHandle(), Events = PollIn };
        descriptors[2] = new() { Descriptor = third is null ? -1 : (int)third.DangerousGetHandle(), Events = PollIn };
        var ready = poll(descriptors, 3, milliseconds);
        if (ready < 0 && Marshal.GetLastPInvokeError() != ErrnoInterrupted)
            throw new IOException($"poll failed: {Marshal.GetLastPInvokeErrorMessage()}");

        return ready > 0 ? (descriptors[0].Happened != 0, descriptors[1].Happened != 0, descriptors[2].Happened != 0) : default;
    }

    /// <summary>Makes this end of a pipe or a socket one that never waits, whatever the other end does.</summary>
    public static SafeFileHandle NeverBlocking(SafeFileHandle end)
    {
        var on = 1;
        return ioctl((int)end.DangerousGetHandle(), DoNotBlock, &on) == 0 ? end : throw new IOException($"ioctl failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Reads what is there, at most the buffer's length.</summary>
    /// <returns>0 at the end; null when nothing is there, whatever poll has said.</returns>
    public static int? Read(SafeFileHandle from, Span<byte> buffer)
    {
        nint count;
        fixed (byte* start = buffer)
        {
            do
                count = read((int)from.DangerousGetHandle(), start, (nuint)buffer.Length);
            while (count < 0 && Marshal.GetLastPInvokeError() == ErrnoInterrupted);
        }

        if (count >= 0)
            return (int)count;
        return Marshal.GetLastPInvokeError() switch
        {
            ErrnoAgain => null,
            // It ended, and had not read all that it was sent.
            ErrnoConnectionReset => 0,
            _ => throw new IOException($"read failed: {Marshal.GetLastPInvokeErrorMessage()}"),
        };
    }

    /// <summary>Writes what there is room for.</summary>
    /// <returns>How many bytes, 0 when there is no room now; null when the other side is gone.</returns>
    public static int? Write(SafeFileHandle to, ReadOnlySpan<byte> data)
    {
        const int NoSignal = 0x4000;
        nint count;
        fixed (byte* start = data)
            count = send((int)to.DangerousGetHandle(), start, (nuint)data.Length, NoSignal);
        if (count >= 0)
            return (int)count;
        return Marshal.GetLastPInvokeError() is ErrnoInterrupted or ErrnoAgain ? 0 : null;
    }

    /// <summary>Waits until there is room to write, or the other side is gone, or the time is over.</summary>
    public static void WaitForRoom(SafeFileHandle to, int milliseconds)
    {
        var descriptor = new PollDescriptor { Descriptor = (int)to.DangerousGetHandle(), Events = PollOut };
        _ = poll(&descriptor, 1, milliseconds);
    }

    /// <summary>Signals the process behind a pidfd; does nothing when it has ended.</summary>
    public static void Signal(SafeFileHandle pidfd, int signal)
    {
        var added = false;
        try
        {
            pidfd.DangerousAddRef(ref added);
            syscall(PidfdSendSignal, (int)pidfd.DangerousGetHandle(), signal, 0, 0);
        }
        catch (ObjectDisposedException)
        {
            // Closed by the thread that saw the process end: there is nobody left to signal.
        }
        finally
        {
            if (added)
                pidfd.DangerousRelease();
        }
    }

    /// <summary>Sets when a process takes the processor, later the higher the number is. Only root can lower it; else nothing happens.</summary>
    public static void SetNiceness(int processId, int niceness) => setpriority(0, (uint)processId, niceness);

    /// <summary>Receives one message and the descriptors that came with it.</summary>
    /// <returns>The message's length, 0 at the end of the connection.</returns>
    public static int Receive(SafeHandle socket, Span<byte> buffer, List<SafeFileHandle> descriptors)
    {
        const int ControlBytes = 256;
        var control = stackalloc byte[ControlBytes];
        fixed (byte* start = buffer)
        {
            var part = new IoVector { Base = start, Length = (nuint)buffer.Length };
            var header = new MessageHeader { Parts = &part, PartCount = 1, Control = control, ControlLength = ControlBytes };
            nint count;
            do
                count = recvmsg((int)socket.DangerousGetHandle(), &header, CloseOnExec);
            while (count < 0 && (Marshal.GetLastPInvokeError() == ErrnoInterrupted || WaitUntilReadable(socket)));

            if (count > 0 && header.ControlLength >= (nuint)sizeof(ControlHeader))
            {
                var told = (ControlHeader*)control;
                if (told->Level == SolSocket && told->Type == ScmRights)
                {
                    var passed = new ReadOnlySpan<int>(control + sizeof(ControlHeader), (int)(told->Length - (nuint)sizeof(ControlHeader)) / sizeof(int));
                    foreach (var descriptor in passed)
                        descriptors.Add(new(descriptor, ownsHandle: true));
                }
            }

            return (int)Math.Max(count, 0);
        }
    }

    /// <returns>Whether the last call failed only because nothing had arrived: .NET's sockets do not block. Something has, then.</returns>
    private static bool WaitUntilReadable(SafeHandle socket)
    {
        if (Marshal.GetLastPInvokeError() != ErrnoAgain)
            return false;
        var descriptor = new PollDescriptor { Descriptor = (int)socket.DangerousGetHandle(), Events = PollIn };
        return poll(&descriptor, 1, -1) > 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, int* value);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int descriptor, byte* buffer, nuint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setpriority(int which, uint who, int niceness);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint pidfd, nint signal, nint info, nint flags);
}
