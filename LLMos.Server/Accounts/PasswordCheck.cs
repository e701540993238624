using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LLMos.Server.Foundation.Errors;
using Microsoft.Extensions.Options;

namespace LLMos.Server.Accounts;

/// <summary>Name and password in, account out; guessing is slowed by name and by address.</summary>
internal sealed class PasswordCheck(AccountStore accounts, IOptions<AccountOptions> options, TimeProvider time, ILogger<PasswordCheck> logger)
{
    private readonly FailureCounter _byUser = new(options.Value.MaxFailuresPerUser, options.Value.LoginWindow, time);
    private readonly FailureCounter _byAddress = new(options.Value.MaxFailuresPerAddress, options.Value.LoginWindow, time);

    /// <summary>The account, or null after the same work when name or password is wrong.</summary>
    /// <param name="newHash">Of the same password with as many rounds as now; null: it has them.</param>
    /// <exception cref="DomainException"><c>accounts.login_limited</c></exception>
    public Account? Find(string user, string password, IPAddress? from, out string? newHash)
    {
        newHash = null;
        var name = UserName.IsValid(user) ? user.ToLowerInvariant() : "";
        var address = NetworkOf(from);
        if ((_byAddress.Take(address) ?? _byUser.Take(name)) is { } wait)
        {
            logger.LoginLimited(address);
            throw AccountErrors.LoginLimited((int)Math.Ceiling(wait.TotalSeconds));
        }

        var account = accounts.Book.FindByName(name);
        if (!Password.Verify(account?.PasswordHash, password, out var isOld))
        {
            logger.LoginRefused(address);
            return null;
        }

        _byAddress.GiveBack(address);
        _byUser.GiveBack(name);
        newHash = isOld ? Password.Hash(password) : null;
        return account;
    }

    /// <summary>An IPv6 customer has a /64 to choose addresses from.</summary>
    private static string NetworkOf(IPAddress? address) => address switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => string.Create(CultureInfo.InvariantCulture, $"{new IPAddress([.. address.GetAddressBytes()[..8], .. new byte[8]])}/64"),
        _ => address.ToString(),
    };
}
