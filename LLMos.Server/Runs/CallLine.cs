using System.Buffers;
using System.Buffers.Binary;
using LLMos.Server.Accounts;
using LLMos.Server.Runs.DeviceCalls;
using LLMos.Server.Runs.FileCalls;
using LLMos.Server.Runs.Sandboxes;

namespace LLMos.Server.Runs;

/// <summary>One run's end of the line that its worker asks for files and devices on: one call at a time, each answered before the next is read.</summary>
/// <remarks>Answering occupies its thread; who kills the worker and calls <see cref="Cancel"/> ends that.</remarks>
/// <param name="caller">The run's person, by the run.</param>
/// <param name="changed">Told of each change before the worker is.</param>
internal sealed class CallLine(Worker worker, Reach reach, Caller caller, Action<ChangedFile> changed)
{
    private readonly Lock _gate = new();
    private bool _isCancelled;
    private Action? _cancel;

    /// <summary>Lets go of what waits for a large file's disk; a change that is on its way to being durable gets there.</summary>
    public void Cancel()
    {
        lock (_gate)
        {
            _isCancelled = true;
            _cancel?.Invoke();
        }
    }

    /// <summary>Reads one call and answers it.</summary>
    /// <returns>False when the worker is gone, or has closed its end.</returns>
    /// <exception cref="ProtocolException">The worker broke the rules of the wire.</exception>
    public bool Answer()
    {
        Span<byte> head = stackalloc byte[4];
        if (!worker.Receive(head))
            return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(head);
        if (length > FileCall.MaxJsonBytes)
            throw new ProtocolException($"a call of {length} bytes, over {FileCall.MaxJsonBytes}");

        var json = ArrayPool<byte>.Shared.Rent((int)length);
        byte[] bytes = [];
        try
        {
            if (!worker.Receive(json.AsSpan(0, (int)length)))
                return false;
            var text = json.AsSpan(0, (int)length);
            if (DeviceCall.IsOne(text))
            {
                var device = DeviceCall.Parse(text);
                bytes = ArrayPool<byte>.Shared.Rent(Math.Max(device.Bytes, device.Room));
                return worker.Receive(bytes.AsSpan(0, device.Bytes)) && Answer(stopping => AnswerAsync(device, bytes, stopping));
            }

            var call = FileCall.Parse(text);
            bytes = ArrayPool<byte>.Shared.Rent(Math.Max(call.Bytes, call.Room));
            return worker.Receive(bytes.AsSpan(0, call.Bytes)) && Answer(stopping => AnswerAsync(call, bytes, stopping));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(json);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private bool Answer(Func<CancellationToken, Task<bool>> answer)
    {
        using var stopping = new CancellationTokenSource();
        lock (_gate)
        {
            if (_isCancelled)
                return false;
            _cancel = stopping.Cancel;
        }

        try
        {
            return answer(stopping.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            lock (_gate)
                _cancel = null;
        }
    }

    private async Task<bool> AnswerAsync(FileCall call, byte[] bytes, CancellationToken stopping)
    {
        worker.Files ??= new(reach.Files);
        var (answer, change) = await worker.Files.AnswerAsync(call, bytes, caller, stopping);
        if (change is not null)
            changed(change);
        return worker.Send(answer, bytes.AsSpan(0, answer.Bytes));
    }

    private async Task<bool> AnswerAsync(DeviceCall call, byte[] bytes, CancellationToken stopping)
    {
        if (reach.Devices is null)
            return worker.Send(new DeviceAnswer { Error = "devices.not_found", Message = "There are no devices here." });
        worker.Devices ??= new(reach.Devices);
        var answer = await worker.Devices.AnswerAsync(call, bytes, caller, stopping);
        return worker.Send(answer, bytes.AsSpan(0, answer.Bytes));
    }
}
