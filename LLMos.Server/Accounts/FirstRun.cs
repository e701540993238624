using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

/// <summary>Loads the accounts before the server listens, and sees to it that there is or can be an administrator.</summary>
internal sealed class FirstRun(
    AccountStore accounts, SetupLink link, IOptions<FirstRunOptions> seed, IOptions<AccountOptions> options, TimeProvider time, ILogger<FirstRun> logger)
    : IHostedService
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
            link.Offer();
        }
    }

    public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;
}
