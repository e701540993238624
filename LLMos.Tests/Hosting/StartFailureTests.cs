using System.Diagnostics;

namespace LLMos.Tests.Hosting;

public sealed class StartFailureTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("LLMos__Runs__TimeoutSeconds", "0", "TimeoutSeconds must be between 0.1 and 3600.")]
    [InlineData("LLMos__Runs__TimeoutSeconds", "NaN", "TimeoutSeconds must be between 0.1 and 3600.")]
    [InlineData("LLMos__Runs__TimeoutSeconds", "900", "TimeoutSeconds (900) is above MaxTimeoutSeconds (300).")]
    [InlineData("LLMos__Runs__HeapMegabytes", "-1", "HeapMegabytes must be between 16 and 65536.")]
    [InlineData("LLMos__Runs__RequiredLayers", "none", "The field RequiredLayers must match")]
    [InlineData("LLMos__Runs__MaxQueued", "0", "MaxQueued must be between 1 and 10000.")]
    [InlineData("LLMos__Logging__Format", "yaml", "'yaml' at 'Logging:Format'")]
    [InlineData("LLMos__Data__Path", "/proc/none", "The data folder '/proc/none' cannot be used")]
    [InlineData("LLMos__FirstRun__AdminPassword__FILE", "/nowhere", "/nowhere")]
    [InlineData("LLMos__Hosting__KnownProxies", "10.0.0.1 proxy.lan", "KnownProxies has 'proxy.lan', which is neither an address nor a network")]
    [InlineData("LLMos__Hosting__AllowedHosts", "http://llmos.lan", "AllowedHosts has host names without ports")]
    [InlineData("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true", "name the addresses of your proxies in LLMos__Hosting__KnownProxies")]
    [InlineData("ASPNETCORE_URLS", "http://192.0.2.1:1", "Cannot assign requested address")]
    public async Task What_a_person_can_set_right_ends_the_start_with_2_and_one_sentence(string setting, string value, string sentence)
    {
        using var folder = new TemporaryFolder();
        using var server = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "LLMos.Server"))
        {
            Environment = { ["LLMos__Data__Path"] = folder.Path, ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", [setting] = value },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await using var killed = TestContext.Current.CancellationToken.Register(server.Kill);

        var output = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await server.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Contains(sentence, Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", await output, StringComparison.Ordinal);
        Assert.Equal(2, server.ExitCode);
    }
}
