using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

/// <summary>Loads the accounts before the server listens, and sees to it that there is or can be an administrator.</summary>
internal sealed class FirstRun(
    AccountStore accounts, SetupToken setup, IOptions<FirstRunOptions> seed, IOptions<AccountOptions> options,
    IServer server, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<FirstRun> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellation)
    {
        accounts.Load();
        if (accounts.Book.HasAdministrator)
        {
            if (seed.Value.IsGiven)
                logger.SeedIgnored();
        }
        else if (seed.Value is { IsGiven: true, AdminUser: { } user, AdminPassword: { } password })
        {
            var administrator = Account.Create(user, password, Role.Administrator, time.GetUtcNow());
            await accounts.ChangeAsync(book => book.WithFirstAdministrator(administrator, options.Value.MaxPeople), cancellation);
            logger.AdministratorSeeded(user);
        }
        else
        {
            var token = setup.Create();
            lifetime.ApplicationStarted.Register(() => logger.SetupLink($"{ListeningAddress()}/#setup={token}"));
        }
    }

    public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>As a browser on this machine writes it: 'all interfaces' is no address to open.</summary>
    private string ListeningAddress()
    {
        var first = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1";
        var address = BindingAddress.Parse(first);
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return $"{address.Scheme}://{host}:{address.Port}";
    }
}
