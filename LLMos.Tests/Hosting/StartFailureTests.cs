using System.Diagnostics;

namespace LLMos.Tests.Hosting;

public sealed class StartFailureTests
{
    [Theory]
    [InlineData("--Data:Path=/proc/nowhere", "The data folder '/proc/nowhere' cannot be used")]
    [InlineData("--Runs:Slots=9999", "The field Slots must be between 0 and 256.")]
    public async Task A_start_that_a_person_can_set_right_fails_with_one_sentence(string setting, string sentence)
    {
        using var folder = new TemporaryFolder();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "LLMos.Server.dll"), $"--Data:Path={folder.Path}", "--urls=http://127.0.0.1:0", setting])
            start.ArgumentList.Add(argument);

        using var server = Process.Start(start)!;
        var output = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await server.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, server.ExitCode);
        Assert.Contains(sentence, Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", await output, StringComparison.Ordinal);
    }
}
