using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace LLMos.Server.Foundation.Hosting;

/// <summary>Believes <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> of the proxies that the settings name, and of nobody else.</summary>
internal static class TrustedProxies
{
    // ASP.NET Core's own switch, ASPNETCORE_FORWARDEDHEADERS_ENABLED, believes anybody.
    private const string Switch = "FORWARDEDHEADERS_ENABLED";

    /// <exception cref="InvalidDataException">The switch that believes anybody is on.</exception>
    public static void AddTrustedProxies(this WebApplicationBuilder builder)
    {
        if (bool.TryParse(builder.Configuration[Switch], out var isOn) && isOn)
        {
            throw new InvalidDataException(
                $"ASPNETCORE_{Switch} believes forwarded headers from anybody, and is refused. Unset it, and name the addresses of your proxies in LLMos__Hosting__KnownProxies.");
        }

        builder.Services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<HostingOptions>>((forwarded, hosting) =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            // Through as many of the proxies as there are, up to the first address that is none of them.
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in HostingOptions.Split(hosting.Value.KnownProxies).Select(NetworkOf).OfType<IPNetwork>())
                forwarded.KnownIPNetworks.Add(network);
        });
    }

    public static void UseTrustedProxies(this WebApplication app)
    {
        // With no known one the middleware would believe all.
        if (app.Services.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value.KnownIPNetworks.Count > 0)
            app.UseForwardedHeaders();
    }

    /// <returns>Null: it is neither an address nor a network such as <c>172.16.0.0/12</c>.</returns>
    public static IPNetwork? NetworkOf(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network
        : null;
}
