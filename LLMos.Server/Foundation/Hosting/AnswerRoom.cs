using LLMos.Server.Foundation.Errors;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>The memory that answers to one person may take from when they are made until they are read: who asks for more waits.</summary>
/// <remarks>Small answers ask for nothing: their number is bounded by <see cref="PersonBounds"/>.</remarks>
internal sealed class AnswerRoom(IOptions<HostingOptions> options, TimeProvider time)
{
    // As long as an answer waits for others of the same person to be read, where it can be refused.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly long _most = options.Value.AnswerMegabytesPerPerson * 1024L * 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Person> _people = new(StringComparer.Ordinal);

    /// <param name="bytes">One that is larger than all the room gets all of it.</param>
    /// <returns>Dispose it when the answer has been read.</returns>
    public async ValueTask<IDisposable?> TakeAsync(string person, long bytes, CancellationToken cancellation)
    {
        var share = new Share(this, person, Math.Min(bytes, _most));
        lock (_gate)
        {
            if (!_people.TryGetValue(person, out var room))
                _people[person] = room = new();
            if (room.Waiting.Count == 0 && room.Taken + share.Bytes <= _most)
            {
                room.Taken += share.Bytes;
                return share;
            }

            room.Waiting.AddLast(share);
        }

        await using var _ = cancellation.Register(() => GiveUp(share, cancellation));
        await share.Granted.Task;
        return share;
    }

    /// <summary>The same for one answer to a request, which is refused when there is no room for long.</summary>
    /// <exception cref="DomainException"><c>request.unread_answers</c>.</exception>
    public async Task TakeAsync(HttpContext http, string person, long bytes)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, http.RequestAborted);
        try
        {
            http.Response.RegisterForDispose((await TakeAsync(person, bytes, either.Token))!);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            throw RequestErrors.UnreadAnswers(options.Value.AnswerMegabytesPerPerson);
        }
    }

    private void GiveUp(Share share, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (!_people.TryGetValue(share.Person, out var room) || !room.Waiting.Remove(share))
                return;
            Admit(share.Person, room);
        }

        share.Granted.TrySetCanceled(cancellation);
    }

    private void Release(Share share)
    {
        lock (_gate)
        {
            var room = _people[share.Person];
            room.Taken -= share.Bytes;
            Admit(share.Person, room);
        }
    }

    /// <summary>In the order of their coming. Called under the gate.</summary>
    private void Admit(string person, Person room)
    {
        while (room.Waiting.First is { Value: var next } && room.Taken + next.Bytes <= _most)
        {
            room.Waiting.RemoveFirst();
            room.Taken += next.Bytes;
            next.Granted.SetResult();
        }

        if (room.Taken == 0 && room.Waiting.Count == 0)
            _people.Remove(person);
    }

    private sealed class Person
    {
        public long Taken { get; set; }

        public LinkedList<Share> Waiting { get; } = [];
    }

    private sealed class Share(AnswerRoom room, string person, long bytes) : IDisposable
    {
        private int _released;

        public string Person => person;

        public long Bytes => bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
                room.Release(this);
        }
    }
}
