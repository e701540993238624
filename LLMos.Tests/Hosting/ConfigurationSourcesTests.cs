using LLMos.Server.Foundation.Hosting;
using LLMos.Tests.Runs.Load;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace LLMos.Tests.Hosting;

[Collection(nameof(Alone))]
public sealed class ConfigurationSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // The environment belongs to the process: a server that another test starts would read them too.
    private const string Name = "LLMos__SourcesTest__Value";

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Name, null);
        Environment.SetEnvironmentVariable(Name + "__FILE", null);
        _folder.Dispose();
    }

    [Fact]
    public void Environment_wins_over_the_data_folder_and_the_command_line_over_both()
    {
        File.WriteAllText(_folder["appsettings.json"], """{"SourcesTest":{"Value":"data folder","Other":"kept"}}""");

        Assert.Equal("data folder", ValueFor());
        Environment.SetEnvironmentVariable(Name, "environment");
        Assert.Equal("environment", ValueFor());
        Assert.Equal("command line", ValueFor("--SourcesTest:Value", "command line"));
    }

    [Fact]
    public void Value_of_a_file_is_read_without_its_line_end()
    {
        File.WriteAllText(_folder["secret"], "correct horse\n");
        Environment.SetEnvironmentVariable(Name + "__FILE", _folder["secret"]);

        Assert.Equal("correct horse", ValueFor());
    }

    [Fact]
    public void Missing_file_stops_the_start()
    {
        Environment.SetEnvironmentVariable(Name + "__FILE", _folder["nowhere"]);

        Assert.Throws<FileNotFoundException>(() => ValueFor());
    }

    [Fact]
    public void Address_is_this_machines_own_unless_said_otherwise()
    {
        Assert.Equal("http://127.0.0.1:8080", Configure()["urls"]);

        File.WriteAllText(_folder["appsettings.json"], """{"Urls":"http://data-folder:1"}""");
        Assert.Equal("http://data-folder:1", Configure()["urls"]);
        Assert.Equal("http://command-line:1", Configure("--urls", "http://command-line:1")["urls"]);
    }

    private string? ValueFor(params string[] arguments) => Configure(arguments)["SourcesTest:Value"];

    private ConfigurationManager Configure(params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(["--Data:Path", _folder.Path, .. arguments]);
        builder.AddConfigurationSources();
        return builder.Configuration;
    }
}
