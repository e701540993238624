using LLMos.Server.Accounts;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Devices;

/// <summary>One server for all that is lent, reached by TCP.</summary>
public sealed class LendingServer : IAsyncLifetime
{
    public LLMosServer Server { get; } = new ServerWithoutPrograms(("Devices:Virtual", "0"), ("Devices:LentGraceSeconds", "1"), ("Devices:MaxLentEach", "3")).Listen();

    public string Anna { get; private set; } = "";

    private int _people;

    public async ValueTask InitializeAsync() => Anna = await Server.TokenAsync("anna");

    /// <summary>A token of somebody who has lent nothing yet.</summary>
    public Task<string> NextLenderAsync(Role role = Role.Member) => Server.TokenAsync($"lender-{++_people}", role);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
