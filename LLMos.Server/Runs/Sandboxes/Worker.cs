using System.Buffers.Binary;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using LLMos.Server.Runs.DeviceCalls;
using LLMos.Server.Runs.FileCalls;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>One confined process, from the server's side.</summary>
internal sealed class Worker(
    int number, int processId, byte[] marker, SandboxPolicy policy,
    SafeFileHandle output, SafeFileHandle errors, SafeFileHandle requests, SafeFileHandle pidfd) : IDisposable
{
    /// <summary>A hundredth of the share of a program that has just begun.</summary>
    public const int Niceness = 19;

    /// <summary>A third of it: only root can give a session's next program its share back.</summary>
    public const int NicenessOfSessions = 10;

    // As it was forked: _NICENESS in worker.py.
    private const int FirstNiceness = 5;

    // A process that was told to stop does so when the kernel next looks at it.
    private static readonly TimeSpan Stopping = TimeSpan.FromSeconds(1);

    // Who waits for a worker that neither reads nor writes looks this often whether it was killed.
    private const int LookMilliseconds = 20;

    // Of each descriptor: more than its buffer has, of a worker that has stopped. One that has not would write for ever.
    private const int MostDiscardedBytes = 4 * 1024 * 1024;

    // Nothing is escaped that need not be: a program of quotes would take six times the room, in the worker's heap too.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TaskCompletionSource<WorkerExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isKilled;

    public int Number => number;
    public int ProcessId => processId;
    public byte[] Marker => marker;
    public SandboxPolicy Policy => policy;
    public SafeFileHandle Output { get; } = Posix.NeverBlocking(output);
    public SafeFileHandle Errors { get; } = Posix.NeverBlocking(errors);

    /// <summary>Where it asks for files and devices, and is answered.</summary>
    public SafeFileHandle Requests { get; } = Posix.NeverBlocking(requests);

    /// <summary>What it has open in the volumes, for as long as it lives; null while it has asked for nothing.</summary>
    public WorkerFiles? Files { get; set; }

    /// <summary>The devices that it has, in the same way.</summary>
    public WorkerDevices? Devices { get; set; }

    /// <summary>What it applied to itself, layer to detail; null until it has said so. From before it read any code, so it can be believed.</summary>
    public IReadOnlyDictionary<string, string>? Layers { get; set; }

    /// <summary>What it had used when it was ready; its memory is shared with the forkserver or small.</summary>
    public WorkerUsage Baseline { get; set; }

    /// <summary>Completes when the forkserver has reaped the process, or is gone itself.</summary>
    public Task<WorkerExit> Exited => _exited.Task;

    public void SetExited(WorkerExit exit) => _exited.TrySetResult(exit);

    /// <summary>Whether the process has been killed, though the kernel may need a moment to end it.</summary>
    public bool IsKilled => _isKilled;

    /// <summary>Sends one frame, a request or the answer to a call, and the bytes that it announces; waits while the worker does not read.</summary>
    /// <returns>False when the worker is gone, or was killed meanwhile.</returns>
    public bool Send<T>(T frame, ReadOnlySpan<byte> bytes = default)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(frame, Json);
        Span<byte> head = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(head, (uint)payload.Length);
        return Write(head) && Write(payload) && Write(bytes);
    }

    /// <summary>Fills <paramref name="buffer"/> with what the worker asks, and waits for the whole of it.</summary>
    /// <returns>False when the worker is gone, has closed its end, or was killed meanwhile.</returns>
    public bool Receive(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = _isKilled ? 0 : Posix.Read(Requests, buffer);
            if (count == 0)
                return false;
            if (count is null)
                Posix.Poll(Requests, null, null, LookMilliseconds);
            buffer = buffer[(count ?? 0)..];
        }

        return true;
    }

    public void Kill()
    {
        _isKilled = true;
        Posix.Signal(pidfd, Posix.SignalKill);
    }

    public bool WaitForExit(TimeSpan patience) => ((IAsyncResult)Exited).AsyncWaitHandle.WaitOne(patience);

    /// <summary>Lets programs that began later have the processor first.</summary>
    public void GiveWay(int niceness)
    {
        if (!_exited.Task.IsCompleted)
            Posix.SetNiceness(processId, niceness);
    }

    public void Interrupt() => Posix.Signal(pidfd, Posix.SignalInterrupt);

    /// <summary>Keeps it from running at all until <see cref="Resume"/>: no handler, timer or loop of a program goes on between runs.</summary>
    public void Suspend() => Posix.Signal(pidfd, Posix.SignalStop);

    /// <summary>Lets it run its session's next program, of which nothing is that it sent since the one before.</summary>
    public void Resume()
    {
        SpinWait.SpinUntil(IsSuspended, Stopping);
        Discard();
        GiveWay(FirstNiceness);
        Posix.Signal(pidfd, Posix.SignalContinue);
    }

    /// <summary>Throws away what it wrote and asked for, and nobody has read.</summary>
    public void Discard()
    {
        Span<byte> buffer = stackalloc byte[4096];
        foreach (var from in (ReadOnlySpan<SafeFileHandle>)[Output, Errors, Requests])
        {
            var left = MostDiscardedBytes;
            while (left > 0 && Posix.Read(from, buffer) is > 0 and var count)
                left -= count;
        }
    }

    /// <summary>Asks for the text that the program's stream has gathered.</summary>
    public void AskForGathered() => Posix.Signal(pidfd, Posix.SignalUser2);

    /// <summary>What the kernel says the process has used; zeros once it has ended.</summary>
    public WorkerUsage Measure()
    {
        var status = ReadStatus();
        return new(MeasureCpu(), BytesIn(status, "\nVmHWM:"), BytesIn(status, "\nVmPTE:"));
    }

    /// <summary>The kernel's tables of its pages, in bytes; 0 once it has ended.</summary>
    public long MeasureTables() => BytesIn(ReadStatus(), "\nVmPTE:");

    /// <summary>
    /// Whether the kernel's tables of its pages have grown by more than <see cref="MostTableBytes"/>: a program that scatters single pages holds hundreds of
    /// megabytes in them, and no limit of a process counts those.
    /// </summary>
    public bool IsScattered(long tableBytes) => tableBytes - Baseline.PageTableBytes > MostTableBytes;

    /// <summary>Twice what a full heap needs, and what libraries take.</summary>
    public long MostTableBytes => (4 * 1024 * 1024) + (policy.HeapBytes / 256);

    /// <summary>The part of the memory that is above the interpreter's own start.</summary>
    public long HeapBytes(WorkerUsage usage) => Math.Max(0, usage.PeakResidentBytes - Baseline.PeakResidentBytes);

    /// <summary>Processor time alone; zero once it has ended.</summary>
    public TimeSpan MeasureCpu()
    {
        try
        {
            var schedule = File.ReadAllText($"/proc/{processId}/schedstat");
            return TimeSpan.FromMicroseconds(long.Parse(schedule.AsSpan(0, schedule.IndexOf(' ')), CultureInfo.InvariantCulture) / 1000.0);
        }
        catch (Exception gone) when (gone is IOException or FormatException or ArgumentOutOfRangeException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    /// <summary>Lets the peak that <see cref="Measure"/> gives begin anew.</summary>
    public void ResetPeak()
    {
        const string PeakResident = "5";
        try
        {
            File.WriteAllText($"/proc/{processId}/clear_refs", PeakResident);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Gone, or the host does not let us: the peak is then that of all its runs.
        }
    }

    /// <summary>Whether each of its threads has stopped, or there is none.</summary>
    private bool IsSuspended()
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{processId}/task")
                .Select(thread => File.ReadAllText($"{thread}/stat"))
                .All(facts => facts[facts.LastIndexOf(')') + 2] is 'T' or 'Z' or 'X');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>What is its own, not shared with the forkserver; null when it is gone or the host does not tell.</summary>
    public long? PrivateBytes()
    {
        try
        {
            return File.ReadLines($"/proc/{processId}/smaps_rollup")
                .Where(line => line.StartsWith("Private_", StringComparison.Ordinal))
                .Sum(line => long.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim(" kB"), CultureInfo.InvariantCulture) * 1024);
        }
        catch (Exception gone) when (gone is IOException or FormatException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Kills the process, if it lives, and lets go of its descriptors.</summary>
    public void Dispose()
    {
        Kill();
        Files?.Dispose();
        Devices?.Dispose();
        Output.Dispose();
        Errors.Dispose();
        Requests.Dispose();
        pidfd.Dispose();
    }

    private string ReadStatus()
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/status");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <param name="line">Its beginning, with the end of the line before: what is in a line, its name, the process chooses itself.</param>
    /// <returns>0 when there is no such line: the process has ended.</returns>
    private static long BytesIn(string status, string line)
    {
        var at = status.IndexOf(line, StringComparison.Ordinal);
        var value = at < 0 ? "" : status.AsSpan(at + line.Length);
        return long.TryParse(value[..Math.Max(0, value.IndexOf('k'))].Trim(), CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : 0;
    }

    private bool Write(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_isKilled || Posix.Write(Requests, data) is not { } count)
                return false;
            if (count == 0)
                Posix.WaitForRoom(Requests, LookMilliseconds);
            data = data[count..];
        }

        return true;
    }
}
