using LLMos.Server.Accounts;
using Microsoft.Extensions.Logging.Abstractions;

namespace LLMos.Tests.Devices;

/// <summary>For tests of devices without a server: its callers have no accounts that anything could be taken back from.</summary>
internal static class NoAccounts
{
    public static Holdings Holdings(TimeProvider time) => new(new AccountStore(null!, time), time, NullLogger<Holdings>.Instance);
}
