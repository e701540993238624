using System.Diagnostics;

namespace LLMos.Tests.Hosting;

public sealed class StartFailureTests
{
    [Theory]
    [InlineData("--Runs:TimeoutSeconds=900", "TimeoutSeconds (900) is above MaxTimeoutSeconds (300).")]
    [InlineData("--Runs:TimeoutSeconds=0", "TimeoutSeconds must be between 0.1 and 3600.")]
    [InlineData("--Runs:TimeoutSeconds=NaN", "TimeoutSeconds must be between 0.1 and 3600.")]
    [InlineData("--Runs:HeapMegabytes=-1", "HeapMegabytes must be between 16 and 65536.")]
    [InlineData("--Runs:RequiredLayers=none", "The field RequiredLayers must match")]
    [InlineData("--Runs:MaxQueued=0", "MaxQueued must be between 1 and 10000.")]
    [InlineData("--Data:Path=/proc/none", "The data folder '/proc/none' cannot be used")]
    public async Task What_the_operator_can_put_right_ends_the_process_with_2_and_a_sentence(string setting, string sentence)
    {
        using var folder = new TemporaryFolder();
        using var server = Process.Start(new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "LLMos.Server"), [$"--Data:Path={folder.Path}", "--urls=http://127.0.0.1:0", setting])
        {
            RedirectStandardOutput = true,
        })!;

        var said = await server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await server.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, server.ExitCode);
        Assert.Contains("Cannot start. ", said, StringComparison.Ordinal);
        Assert.Contains(sentence, said, StringComparison.Ordinal);
    }
}
