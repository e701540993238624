using System.IO.Pipes;
using System.Net.Sockets;
using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Streams;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Tests.Hosting;
using Microsoft.Win32.SafeHandles;

namespace LLMos.Tests.Runs.Fuzzing;

/// <summary>The server's side of one run after another, with pipes of its own instead of a process.</summary>
internal sealed class DrivenExecution : IDisposable
{
    /// <summary>What the pipe takes beside `ready` before anybody reads it.</summary>
    public const int MostBytes = 60_000;

    private static readonly Caller Owner = new("fuzz", "fuzz", Role.Member);

    // The forkserver's number for this process: what is asked about the worker must find one.
    private readonly int _self = Environment.ProcessId;
    private readonly TemporaryFolder _folder = new();
    private readonly EventLog _log;
    private readonly Socket _requests = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public DrivenExecution()
    {
        _log = EventLog.Create(_folder["events"], new());
        // Whatever is sent is lost: nobody reads it.
        _requests.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        _requests.Connect(_requests.LocalEndPoint!);
    }

    public static byte[] Begun { get; } = FrameOf("""{"type":"begun"}""");

    public static byte[] Ended { get; } = FrameOf("""{"type":"ended","outcome":"succeeded"}""");

    /// <summary>What became of a run whose worker sent <paramref name="stream"/> and ended.</summary>
    public (RunEnd? End, IReadOnlyList<RunEvent> Events) Run(ReadOnlySpan<byte> stream, long outputBytes)
    {
        using var output = new AnonymousPipeServerStream(PipeDirection.Out);
        using var worker = WorkerAt(output);
        using var execution = Begin(worker, session: null, outputBytes);
        output.Write(Ready);
        Assert.True(execution.WaitUntilReady(out _));
        output.Write(stream);
        output.Dispose();
        return Pump(execution);
    }

    /// <summary>What becomes of a run whose worker sent <paramref name="stream"/>, and that nothing ends: its pipes stay open even when it is killed.</summary>
    /// <param name="floods">Whether errors are written all the while, as fast as they are read.</param>
    public RunEnd? RunOfOneThatStays(ReadOnlySpan<byte> stream, double seconds, bool floods = false)
    {
        using var output = new AnonymousPipeServerStream(PipeDirection.Out);
        using var errors = new AnonymousPipeServerStream(PipeDirection.Out);
        using var worker = WorkerAt(output, errors);
        using var execution = Begin(worker, session: null, outputBytes: 1_000_000, seconds);
        output.Write(Ready);
        Assert.True(execution.WaitUntilReady(out _));
        output.Write(stream);
        var flood = floods ? FloodAsync(errors) : Task.CompletedTask;
        var end = Pump(execution).End;
        worker.Dispose();
        flood.GetAwaiter().GetResult();
        return end;
    }

    /// <summary>Throws away what a worker sends that goes on sending.</summary>
    public void DiscardAllThatIsWritten()
    {
        using var output = new AnonymousPipeServerStream(PipeDirection.Out);
        using var worker = WorkerAt(output);
        var flood = FloodAsync(output);
        worker.Discard();
        worker.Dispose();
        flood.GetAwaiter().GetResult();
    }

    /// <summary>The same of two runs of a session, in one worker.</summary>
    /// <param name="first">With an end.</param>
    /// <param name="late">What it sends when nobody reads.</param>
    public ((RunEnd? End, IReadOnlyList<RunEvent> Events) First, (RunEnd? End, IReadOnlyList<RunEvent> Events) Second) RunTwice(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> late, ReadOnlySpan<byte> second, long outputBytes)
    {
        using var output = new AnonymousPipeServerStream(PipeDirection.Out);
        using var worker = WorkerAt(output);
        using var execution = Begin(worker, "s", outputBytes);
        output.Write(Ready);
        Assert.True(execution.WaitUntilReady(out _));
        output.Write(first);
        var before = Pump(execution);
        Assert.True(execution.WorkerGoesOn);
        output.Write(late);
        worker.Discard();
        // What it was about to send when it was stopped.
        output.Write(Late);
        output.Write(second);
        output.Dispose();
        using var next = Begin(worker, "s", outputBytes);
        return (before, Pump(next));
    }

    public void Dispose()
    {
        _log.Dispose();
        _requests.Dispose();
        _folder.Dispose();
    }

    private static byte[] Ready { get; } = FrameOf("""{"type":"ready","layers":{}}""");

    private static byte[] Late { get; } = [.. "late\n"u8, .. FrameOf("""{"type":"result","data":{"text/plain":"late"}}"""), .. Ended];

    private static Task FloodAsync(AnonymousPipeServerStream pipe) => Task.Factory.StartNew(
        () =>
        {
            var piece = new byte[4096];
            try
            {
                while (true)
                    pipe.Write(piece);
            }
            catch (IOException)
            {
                // The reading end was closed, as it should be.
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private Worker WorkerAt(AnonymousPipeServerStream output)
    {
        using var errors = new AnonymousPipeServerStream(PipeDirection.Out);
        return WorkerAt(output, errors);
    }

    private Worker WorkerAt(AnonymousPipeServerStream output, AnonymousPipeServerStream errors)
    {
        var worker = new Worker(
            1, _self, FrameInput.Marker, new(1, 1, []), Descriptor(output), Descriptor(errors), new(_requests.Handle, ownsHandle: false), new(-1, ownsHandle: false));
        worker.SetExited(new(0, null, default));
        return worker;
    }

    private Execution Begin(Worker worker, string? session, long outputBytes, double seconds = 30)
    {
        var run = new Run("fuzz", Owner, RunCalls.Python("1") with { Session = session }, new(seconds, 256, outputBytes), DateTime.UnixEpoch);
        return new(run, new(_log, DateTime.UnixEpoch, TimeProvider.System, 1000), worker, reach: null);
    }

    private (RunEnd? End, IReadOnlyList<RunEvent> Events) Pump(Execution execution)
    {
        var before = _log.LastSequence;
        try
        {
            return (execution.Pump(), EventsAfter(before));
        }
        catch (ProtocolException)
        {
            return (new(RunState.Crashed), EventsAfter(before));
        }
    }

    private static byte[] FrameOf(string json) => [.. FrameInput.Marker, 0, 0, 0, (byte)json.Length, .. Encoding.UTF8.GetBytes(json)];

    private static SafeFileHandle Descriptor(AnonymousPipeServerStream pipe)
    {
        var end = pipe.ClientSafePipeHandle;
        var handle = new SafeFileHandle(end.DangerousGetHandle(), ownsHandle: true);
        end.SetHandleAsInvalid();
        return handle;
    }

    private List<RunEvent> EventsAfter(long sequence) => [.. _log.Read(sequence, int.MaxValue, int.MaxValue).Select(RunOutput.Decode)];
}
