using LLMos.Server.Accounts;
using LLMos.Server.Devices;
using LLMos.Server.Foundation.Errors;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace LLMos.Tests.Devices;

/// <summary>A device without a server, on a <see cref="ScriptedLine"/> and a clock that stands still.</summary>
internal sealed class ScriptedDevice : IDisposable
{
    public static readonly Caller Anna = new("a", "anna", Role.Member), Root = new("r", "root", Role.Administrator);

    private readonly TemporaryFolder _folder = new();

    public ScriptedDevice()
    {
        Device = new(new("board", "Board", null), new(_folder["log"], 64 * 1024 * 1024, Time), new() { LentGraceSeconds = 15 }, NoAccounts.Holdings(Time), Time, _ => { });
        Open();
    }

    public FakeTimeProvider Time { get; } = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public Device Device { get; }

    public ScriptedLine Line { get; private set; } = null!;

    public void Open() => Device.Open(Device.Identity, (_, listener) => Line = new(listener));

    public async Task<string> TakeAsync(Caller caller) => (await Within(Device.Leases.TakeAsync(caller, new(), null, CancellationToken.None))).Id;

    public static Task<T> Within<T>(Task<T> task) => task.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);

    public static async Task RefusedAsync(string code, Task task) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<DomainException>(() => task.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken))).Error.Code);

    public void Dispose()
    {
        Device.Dispose();
        _folder.Dispose();
    }
}
