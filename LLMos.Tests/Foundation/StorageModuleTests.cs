using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using LLMos.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Foundation;

public sealed class StorageModuleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_database_opens_with_the_server_and_closes_with_it()
    {
        await using (var server = Server(("Data:Path", _folder.Path)))
        {
            await server.StartAsync(Cancellation);
            Assert.True(File.Exists(_folder["llmos.db"]));
            Assert.Empty(server.Services.GetRequiredService<Database>().Read(documents => documents.All("notes")));
        }

        using var afterwards = new Database(Options.Create(new StorageOptions { Path = _folder.Path }));
    }

    [Fact]
    public async Task What_is_kept_is_for_the_servers_own_user_alone()
    {
        await using var server = Server(("Data:Path", _folder["data"]));

        await server.StartAsync(Cancellation);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["data"]));
        foreach (var file in Directory.EnumerateFiles(_folder["data"]))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_folder_in_use_stops_the_start_with_a_sentence()
    {
        using var other = new Database(Options.Create(new StorageOptions { Path = _folder.Path }));
        await using var server = Server(("Data:Path", _folder.Path));

        var refusal = await Assert.ThrowsAsync<DomainException>(() => server.StartAsync(Cancellation));

        Assert.Equal("storage.in_use", refusal.Error.Code);
    }

    [Theory]
    [InlineData("Data:Path", "")]
    [InlineData("Data:CheckpointMegabytes", "0")]
    [InlineData("Data:MaxWaitingChanges", "-1")]
    public async Task Options_out_of_bounds_stop_the_start(string key, string value)
    {
        await using var server = Server(("Data:Path", _folder.Path), (key, value));

        await Assert.ThrowsAsync<OptionsValidationException>(() => server.StartAsync(Cancellation));
    }

    private static WebApplication Server(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        foreach (var (key, value) in settings.Prepend(("urls", "http://127.0.0.1:0")))
            builder.Configuration[key] = value;
        builder.AddStorage();
        builder.Services.AddSingleton(new StoreCollection("notes"));
        return builder.Build();
    }
}
