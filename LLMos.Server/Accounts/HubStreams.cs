using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

/// <summary>Bounds the streams that one hub connection, and one person, has open.</summary>
internal sealed class HubStreams(PersonBounds bounds, IOptions<HostingOptions> options)
{
    /// <summary>Begins a stream, unless there are too many.</summary>
    /// <remarks>Not an iterator itself: the refusal must be thrown while SignalR's filters still listen.</remarks>
    /// <exception cref="DomainException"><c>request.too_many_streams</c>, and what <paramref name="begin"/> refuses.</exception>
    public IAsyncEnumerable<T> Begin<T>(HubCallerContext connection, Func<IAsyncEnumerable<T>> begin)
    {
        var ofPerson = bounds.TakeStream(Caller.Of(connection.User).AccountId);
        var open = Open(connection);
        try
        {
            if (Interlocked.Increment(ref open.Count) > options.Value.MaxStreamsPerConnection)
                throw RequestErrors.TooManyStreams(options.Value.MaxStreamsPerConnection);
            return Follow(begin(), open, ofPerson);
        }
        catch
        {
            Interlocked.Decrement(ref open.Count);
            ofPerson.Dispose();
            throw;
        }
    }

    private static async IAsyncEnumerable<T> Follow<T>(IAsyncEnumerable<T> stream, OpenStreams open, IDisposable ofPerson)
    {
        try
        {
            await foreach (var item in stream)
                yield return item;
        }
        finally
        {
            Interlocked.Decrement(ref open.Count);
            ofPerson.Dispose();
        }
    }

    private static OpenStreams Open(HubCallerContext connection)
    {
        lock (connection.Items)
        {
            if (connection.Items.TryGetValue(typeof(OpenStreams), out var known))
                return (OpenStreams)known!;
            var open = new OpenStreams();
            connection.Items[typeof(OpenStreams)] = open;
            return open;
        }
    }

    private sealed class OpenStreams
    {
        public int Count;
    }
}
