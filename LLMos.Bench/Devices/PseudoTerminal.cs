using System.Runtime.InteropServices;

namespace LLMos.Bench.Devices;

/// <summary>A serial port without hardware: a program opens <see cref="Path"/>, and this is the board at its other end.</summary>
internal sealed unsafe partial class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 2, NoControl = 0x100, CloseOnExec = 0x80000, ErrnoInterrupted = 4;
    private const uint GetTermios = 0x802C542A, UnlockPair = 0x40045431;
    private const int InputSpeed = 9;

    private readonly int _board, _kept;

    public PseudoTerminal()
    {
        _board = posix_openpt(ReadWrite | NoControl | CloseOnExec);
        var unlock = 0;
        var name = stackalloc byte[64];
        if (_board < 0 || ioctl(_board, UnlockPair, &unlock) < 0 || ptsname_r(_board, name, 64) != 0)
            throw new BenchException($"There is no pseudo terminal: {Marshal.GetLastPInvokeErrorMessage()}");
        Path = Marshal.PtrToStringUTF8((nint)name)!;
        ChildProcess.Run(["stty", "-F", Path, "raw", "-echo"], []);
        // While nobody has it open, its board's end would fail.
        _kept = open(Path, ReadWrite | NoControl | CloseOnExec);
    }

    public string Path { get; }

    /// <summary>What the program at the other end has set.</summary>
    public int BaudRate
    {
        get
        {
            var settings = stackalloc uint[11];
            return ioctl(_board, GetTermios, settings) == 0 ? (int)settings[InputSpeed] : 0;
        }
    }

    /// <returns>0 when it was closed.</returns>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count;
            do
                count = read(_board, start, (nuint)buffer.Length);
            while (count < 0 && Marshal.GetLastPInvokeError() == ErrnoInterrupted);
            return Math.Max((int)count, 0);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            fixed (byte* start = bytes)
            {
                var count = write(_board, start, (nuint)bytes.Length);
                if (count < 0)
                    return;
                bytes = bytes[(int)count..];
            }
        }
    }

    public void Dispose()
    {
        // Its reader ends when the last end that a program may have is gone.
        _ = close(_kept);
        _ = close(_board);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ptsname_r(int descriptor, byte* name, nuint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, uint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
