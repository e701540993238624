using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace LLMos.Server.Accounts;

/// <summary>The link that makes the first administrator. Only its secret's hash is kept, and only until the server stops.</summary>
internal sealed class SetupLink(IServer server, IHostApplicationLifetime lifetime, ILogger<SetupLink> logger)
{
    private volatile string? _hash;

    /// <summary>Writes the link to the log once the server listens.</summary>
    public void Offer()
    {
        var token = Secret.Create();
        _hash = Secret.HashOf(token);
        lifetime.ApplicationStarted.Register(() => logger.SetupLink($"{ListeningAddress()}/#setup={token}"));
    }

    public bool Matches(string token) => _hash is { } hash && Secret.Matches(token, hash);

    /// <summary>As a browser on this machine writes it: 'all interfaces' is no address to open.</summary>
    private string ListeningAddress()
    {
        var first = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1";
        var address = BindingAddress.Parse(first);
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return $"{address.Scheme}://{host}:{address.Port}";
    }
}
