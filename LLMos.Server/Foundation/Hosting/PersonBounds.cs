using LLMos.Server.Foundation.Errors;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>How many requests and streams one person has open at the same time, over all connections and sign-ins.</summary>
internal sealed class PersonBounds(IOptions<HostingOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Person, bool IsStream), int> _open = [];

    /// <returns>Dispose it when the request has been answered.</returns>
    /// <exception cref="DomainException"><c>request.too_many</c>.</exception>
    public IDisposable TakeRequest(string person) => Take((person, false), options.Value.MaxRequestsPerPerson, RequestErrors.TooMany);

    /// <summary>An event stream or a hub's: something that stays open and is sent what happens.</summary>
    /// <returns>Dispose it when the stream has ended.</returns>
    /// <exception cref="DomainException"><c>request.too_many_streams</c>.</exception>
    public IDisposable TakeStream(string person) => Take((person, true), options.Value.MaxStreamsPerPerson, RequestErrors.TooManyStreams);

    private Place Take((string, bool) what, int most, Func<int, DomainException> refusal)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(what);
            if (open >= most)
                throw refusal(most);
            _open[what] = open + 1;
            return new(this, what);
        }
    }

    private void GiveBack((string, bool) what)
    {
        lock (_gate)
        {
            if (--_open[what] == 0)
                _open.Remove(what);
        }
    }

    private sealed class Place(PersonBounds bounds, (string, bool) what) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
                bounds.GiveBack(what);
        }
    }
}
