using LLMos.Server.Foundation.Hosting;
using LLMos.Tests.Runs.Load;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace LLMos.Tests.Hosting;

// The environment belongs to the process.
[Collection(nameof(Alone))]
public sealed class UnknownSettingsTests : IDisposable
{
    private const string Misspelt = "LLMos__Runs__TimeoutSecond";

    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Misspelt, null);
        Environment.SetEnvironmentVariable("LLMos__FirstRun__AdminPasword__FILE", null);
        _folder.Dispose();
    }

    [Fact]
    public void Settings_that_nothing_reads_are_found_wherever_they_come_from()
    {
        Environment.SetEnvironmentVariable(Misspelt, "60");
        File.WriteAllText(_folder["secret"], "x");
        Environment.SetEnvironmentVariable("LLMos__FirstRun__AdminPasword__FILE", _folder["secret"]);
        File.WriteAllText(_folder["appsettings.json"], """{"Volumes":{"UserMegabyte":1,"UserMegabytes":1},"TimeoutSeconds":5,"Devices":{"Allowed":["/dev/ttyUSB0"]}}""");

        var found = Find("--Hosting:KnownProxy", "10.0.0.1", "--urls", "http://127.0.0.1:0", "--environment", "Production").Select(pair => $"{pair.Setting} > {pair.Nearest}").Order();

        Assert.Equal(
            [
                "Devices:Allowed:0 > Devices:Allowed", "FirstRun:AdminPasword > FirstRun:AdminPassword", "Hosting:KnownProxy > Hosting:KnownProxies", "Runs:TimeoutSecond > Runs:TimeoutSeconds",
                "TimeoutSeconds > Runs:TimeoutSeconds", "Volumes:UserMegabyte > Volumes:UserMegabytes",
            ],
            found);
    }

    [Fact]
    public void What_comes_with_the_server_is_known() => Assert.Empty(Find());

    [Fact]
    public async Task The_log_warns_of_one_with_the_name_that_is_spelt_most_like_it()
    {
        Environment.SetEnvironmentVariable(Misspelt, "60");
        await using var server = new ServerWithoutPrograms();
        using var client = server.Client();

        Assert.Contains(server.Log.Lines, line => line.Contains("unknown setting LLMos:Runs:TimeoutSecond; did you mean LLMos:Runs:TimeoutSeconds?", StringComparison.Ordinal));
    }

    private IReadOnlyList<(string Setting, string Nearest)> Find(params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(["--Data:Path", _folder.Path, .. arguments]);
        builder.AddConfigurationSources();
        return UnknownSettings.Find(builder.Configuration);
    }
}
