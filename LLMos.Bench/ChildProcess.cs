using System.Runtime.InteropServices;

namespace LLMos.Bench;

/// <summary>A process started by posix_spawn and awaited by waitpid: nothing is cheaper, so a peer is not charged for how .NET starts it.</summary>
internal sealed partial class ChildProcess
{
    private const int WriteOnly = 1, Create = 0x40, Append = 0x400, NoHang = 1;
    private const int ErrnoInterrupted = 4, SignalTerminate = 15;

    // More than any libc's posix_spawn_file_actions_t; glibc's has 80 bytes.
    private const int FileActionsBytes = 512;

    private int? _status;

    private ChildProcess(int id) => Id = id;

    public int Id { get; }

    /// <param name="output">The file that standard output and error go to.</param>
    public static ChildProcess Start(IEnumerable<string> command, IEnumerable<KeyValuePair<string, string>> environment, string output = "/dev/null")
    {
        string?[] words = [.. command, null];
        string?[] variables = [.. environment.Select(pair => $"{pair.Key}={pair.Value}"), null];
        var actions = new byte[FileActionsBytes];
        posix_spawn_file_actions_init(actions);
        posix_spawn_file_actions_addopen(actions, 0, "/dev/null", 0, 0);
        posix_spawn_file_actions_addopen(actions, 1, output, WriteOnly | Create | Append, 0b110_000_000);
        posix_spawn_file_actions_adddup2(actions, 1, 2);
        var error = posix_spawnp(out var id, words[0]!, actions, 0, words, variables);
        posix_spawn_file_actions_destroy(actions);
        return error == 0 ? new(id) : throw new BenchException($"{words[0]} could not be started: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Runs a command to its end on the calling thread.</summary>
    /// <exception cref="BenchException">It failed.</exception>
    public static void Run(IReadOnlyList<string> command, IEnumerable<KeyValuePair<string, string>> environment)
    {
        if (Start(command, environment).Wait() is not 0 and var status)
            throw new BenchException($"`{string.Join(' ', command)}` failed with wait status {status}.");
    }

    public bool HasEnded => _status is not null || Reap(NoHang);

    /// <summary>Waits for its end on the calling thread.</summary>
    /// <returns>The status as waitpid gives it; 0 when all went well.</returns>
    public int Wait()
    {
        while (_status is null)
            Reap(0);
        return _status.Value;
    }

    /// <summary>Asks it to end.</summary>
    public void Terminate()
    {
        // It can only fail when the process has ended meanwhile.
        if (!HasEnded)
            _ = kill(Id, SignalTerminate);
    }

    private bool Reap(int options)
    {
        var reaped = waitpid(Id, out var status, options);
        if (reaped < 0 && Marshal.GetLastPInvokeError() != ErrnoInterrupted)
            throw new BenchException($"Process {Id} was lost: {Marshal.GetLastPInvokeErrorMessage()}");
        if (reaped == Id)
            _status = status;
        return reaped == Id;
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte[] actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(byte[] actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte[] actions, int descriptor, int target);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte[] actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawnp(out int id, string file, byte[] actions, nint attributes, string?[] words, string?[] variables);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int id, out int status, int options);

    [LibraryImport("libc")]
    private static partial int kill(int id, int signal);
}
