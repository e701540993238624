using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using LLMos.Server.Runs;
using LLMos.Server.Runs.Doctor;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Runs.Doctor;

public sealed class DoctorCommandTests
{
    [Fact]
    public async Task It_looks_beside_a_server_that_runs_on_the_same_folder_and_says_that_all_is_well()
    {
        await using var server = new ServerWithoutPrograms();
        _ = server.Services;

        var (status, output) = await AskAsync("--json", $"--Data:Path={server.DataPath}");

        Assert.Equal(0, status);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.True(report.GetProperty("ready").GetBoolean());
        Assert.Equal(["rlimits", "privileges", "landlock", "seccomp"], report.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("name").GetString()));
        Assert.Contains(report.GetProperty("host").EnumerateArray(), fact => fact.GetProperty("name").GetString() == "kernel");
    }

    [Fact]
    public async Task A_missing_layer_is_status_1_and_said_with_its_remedy()
    {
        using var folder = new TemporaryFolder();
        var python = Mutant.MakeInterpreter(folder, "landlock.abi = lambda: 0");

        var (status, output) = await AskAsync($"--Data:Path={folder["data"]}", $"--Runs:Python={python}");

        Assert.Equal(1, status);
        Assert.Contains("MISSING  landlock", output, StringComparison.Ordinal);
        Assert.Contains("NOT WELL.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interpreter_that_is_not_there_is_status_1_with_what_to_do()
    {
        using var folder = new TemporaryFolder();

        var (status, output) = await AskAsync($"--Data:Path={folder.Path}", "--Runs:Python=/nowhere/python");

        Assert.Equal(1, status);
        Assert.Contains("→ apt-get install python3", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Runs:MaxQueued=0")]
    [InlineData("--atack")]
    public async Task What_cannot_be_asked_is_status_2(string option) => Assert.Equal(2, (await AskAsync(option)).Status);

    [Fact]
    public async Task The_last_attack_is_shown_with_the_isolation_and_replaced_when_there_is_another()
    {
        await using var server = new ServerWithoutPrograms();
        using var client = await server.SignInAsAdministratorAsync();
        Assert.Null((await ReadAsync(client)).LastAttack);

        var kept = server.Services.GetRequiredService<LastAttack>();
        var summary = new AttackSummary(new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), "1.0", 164, 163, [new("fork_os", "rlimits", ["seccomp"], false, "it left the process 7")]);
        kept.Write(summary);
        Assert.Equivalent(summary, (await ReadAsync(client)).LastAttack);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(server.DataPath, "last-attack.json")));

        kept.Write(summary with { Held = 164, Broken = [] });
        Assert.Equal(164, (await ReadAsync(client)).LastAttack!.Held);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("""{"at":"2026-01-02T03:04:05Z","version":"1","attacks":1,"held":1,"broken":[null]}""")]
    [InlineData("""{"at":"2026-01-02T03:04:05Z","version":null,"attacks":1,"held":1,"broken":[]}""")]
    public async Task A_broken_file_of_the_last_attack_is_as_none(string content)
    {
        await using var server = new ServerWithoutPrograms();
        using var client = await server.SignInAsAdministratorAsync();
        File.WriteAllText(Path.Combine(server.DataPath, "last-attack.json"), content);

        Assert.Null((await ReadAsync(client)).LastAttack);
    }

    private static async Task<IsolationAnswer> ReadAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<IsolationAnswer>("/api/v1/system/isolation", Answers.Json, TestContext.Current.CancellationToken))!;

    private static async Task<(int Status, string Output)> AskAsync(params string[] options)
    {
        using var doctor = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "LLMos.Server"), ["doctor", .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var patience = new CancellationTokenSource(Eventually.Timeout);
        await using var killed = patience.Token.Register(doctor.Kill);
        var output = await doctor.StandardOutput.ReadToEndAsync(patience.Token);
        await doctor.WaitForExitAsync(patience.Token);
        return (doctor.ExitCode, output);
    }
}
