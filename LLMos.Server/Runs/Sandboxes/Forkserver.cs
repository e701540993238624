using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Server.Runs.Sandboxes;

/// <summary>The warm interpreter that forks workers, from its start to its end.</summary>
/// <remarks>One thread receives; any thread may fork. When the process ends, every worker it had has ended too.</remarks>
internal sealed class Forkserver : IDisposable
{
    private const int MaxMessageBytes = 65_536;

    private readonly Process _process;
    private readonly Socket _control;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<Worker>> _forking = new();
    private readonly ConcurrentDictionary<int, Worker> _workers = new();
    private readonly ConcurrentDictionary<int, SandboxPolicy> _policies = new();
    private readonly TaskCompletionSource<HelloMessage> _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastNumber;

    private Forkserver(Process process, Socket control)
    {
        _process = process;
        _control = control;
        new Thread(Receive) { IsBackground = true, Name = "forkserver" }.Start();
    }

    /// <summary>What it said of itself when everything was imported.</summary>
    public HelloMessage Hello => _hello.Task.GetAwaiter().GetResult();

    /// <summary>Completes when the process is gone.</summary>
    public Task Ended => _ended.Task;

    public int ProcessId => _process.Id;

    /// <summary>Starts the interpreter and waits until it has imported everything.</summary>
    /// <exception cref="IOException">It ended instead; the message holds what it said.</exception>
    public static async Task<Forkserver> StartAsync(string python, string cacheFolder, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("llmos-");
        try
        {
            var path = Path.Combine(folder.FullName, "control");
            using var listener = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(1);

            var process = Start(StartInfo(python, path, cacheFolder));
            process.StandardInput.Close();
            var said = process.StandardError.ReadToEndAsync(cancellation);
            try
            {
                var accepting = listener.AcceptAsync(cancellation).AsTask();
                var exiting = process.WaitForExitAsync(cancellation);
                if (await Task.WhenAny(accepting, exiting) == exiting)
                    throw new IOException($"the interpreter {python} did not start: {await said}");

                var forkserver = new Forkserver(process, await accepting);
                if (await Task.WhenAny(forkserver._hello.Task, forkserver.Ended).WaitAsync(cancellation) == forkserver.Ended)
                    throw new IOException($"the interpreter could not load the packages of the contract: {await said}");

                return forkserver;
            }
            catch
            {
                process.Kill();
                process.Dispose();
                throw;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Forks and confines one more worker.</summary>
    /// <exception cref="IOException">The forkserver is gone.</exception>
    public Task<Worker> ForkAsync(SandboxPolicy policy)
    {
        var number = Interlocked.Increment(ref _lastNumber);
        var forked = new TaskCompletionSource<Worker>(TaskCreationOptions.RunContinuationsAsynchronously);
        _policies[number] = policy;
        _forking[number] = forked;
        try
        {
            lock (_control)
                _control.Send(JsonSerializer.SerializeToUtf8Bytes(
                    new { type = "fork", worker = number, heapBytes = policy.HeapBytes, cpuSeconds = policy.CpuSeconds, required = policy.Required }));
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            Fail(number);
        }

        if (_ended.Task.IsCompleted)
            Fail(number);
        return forked.Task;
    }

    public void Dispose()
    {
        // Its end of the connection sees this, kills every worker and leaves.
        _control.Dispose();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(2)))
            _process.Kill();
        _process.Dispose();
    }

    private static Process Start(ProcessStartInfo info)
    {
        try
        {
            return Process.Start(info)!;
        }
        catch (Win32Exception missing)
        {
            throw new IOException($"the interpreter {info.FileName} cannot be started: {missing.Message}");
        }
    }

    private static ProcessStartInfo StartInfo(string python, string path, string cacheFolder)
    {
        var start = new ProcessStartInfo(python)
        {
            ArgumentList = { "-I", Path.Combine(AppContext.BaseDirectory, "Runs", "Sandboxes", "python", "llmos_bootstrap"), path },
            RedirectStandardInput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        // The whole environment that programs will see: nothing of the server's.
        start.Environment.Clear();
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["HOME"] = "/nonexistent";
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["MPLCONFIGDIR"] = cacheFolder;
        foreach (var threads in (string[])["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"])
            start.Environment[threads] = "1";
        return start;
    }

    private void Receive()
    {
        var buffer = new byte[MaxMessageBytes];
        var descriptors = new List<SafeFileHandle>();
        var added = false;
        try
        {
            _control.SafeHandle.DangerousAddRef(ref added);
            while (Posix.Receive(_control.SafeHandle, buffer, descriptors) is > 0 and var count)
            {
                Handle(buffer.AsSpan(0, count), descriptors);
                descriptors.Clear();
            }
        }
        catch (ObjectDisposedException)
        {
            // Disposed before this thread began.
        }
        finally
        {
            if (added)
                _control.SafeHandle.DangerousRelease();
            _ended.TrySetResult();
            foreach (var number in _forking.Keys)
                Fail(number);
            foreach (var worker in _workers.Values)
                worker.SetExited(new(0, "SIGKILL", default));
        }
    }

    private void Handle(ReadOnlySpan<byte> bytes, List<SafeFileHandle> descriptors)
    {
        var message = Parse<ForkserverMessage>(bytes);
        if (message.Type == "hello")
        {
            _hello.SetResult(Parse<HelloMessage>(bytes));
        }
        else if (message.Type == "forked" && _policies.TryRemove(message.Worker, out var policy) && _forking.TryRemove(message.Worker, out var forking))
        {
            var worker = new Worker(
                message.Worker, message.Pid, Convert.FromHexString(message.Marker!), policy,
                descriptors[0], descriptors[1], descriptors[2], descriptors[3]);
            _workers[message.Worker] = worker;
            forking.SetResult(worker);
        }
        else if (message.Type == "exited" && _workers.TryRemove(message.Worker, out var ended))
        {
            ended.SetExited(new(message.Code, message.Signal, new(TimeSpan.FromSeconds(message.CpuSeconds), message.PeakResidentBytes)));
        }
    }

    private void Fail(int number)
    {
        _policies.TryRemove(number, out _);
        if (_forking.TryRemove(number, out var forking))
            forking.TrySetException(new IOException("the forkserver is gone"));
    }

    private static T Parse<T>(ReadOnlySpan<byte> message) => JsonSerializer.Deserialize<T>(message, JsonSerializerOptions.Web)!;

    internal sealed record HelloMessage(string Python, Dictionary<string, string> Packages, int LandlockAbi, int StartMilliseconds);

    private sealed record ForkserverMessage(
        string Type, int Worker, int Pid, string? Marker, int Code, string? Signal, double CpuSeconds, long PeakResidentBytes);
}
