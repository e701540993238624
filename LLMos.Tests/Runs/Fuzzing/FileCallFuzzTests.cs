using System.Globalization;
using System.Text;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs.FileCalls;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;
using LLMos.Tests.Volumes;

namespace LLMos.Tests.Runs.Fuzzing;

public sealed class FileCallFuzzTests
{
    private const int Inputs = 40_000;
    private const double MostSeconds = 8;
    private const string Secret = "of somebody else";

    private static readonly Caller Victim = new("victim", "Victim", Role.Administrator), Attacker = new("attacker", "Attacker", Role.Viewer);

    private static readonly string[] Calls = ["open", "read", "write", "resize", "commit", "discard", "stat", "list", "makeFolder", "remove", "move", "copy", "eval"];
    private static readonly string[] Modes = ["read", "write", "new", "append", "update", "file", "folder", "tree", "admin"];
    private static readonly string[] Paths =
        ["user", "user/a", "user/b", "user/d", "user/d/a", "user/d/e", "user/secret.txt", "team", "team/shared.txt", "system", "system/README.md", "user/../secret.txt", "/etc/passwd", "", "user//a", "victim/secret.txt", "user/\\u0000"];
    private static readonly string[] Numbers = ["0", "1", "2", "3", "5", "64", "1000", "70000", "1048576", "1048577", "2147483648", "1125899906842624", "9223372036854775807", "-1", "1.5", "1e3", "null", "\"1\""];

    [Fact]
    public async Task Whatever_a_worker_asks_is_answered_or_a_breach_and_reaches_nothing_of_others()
    {
        using var folder = new TemporaryFolder();
        using var volumes = new OpenVolumes(folder.Path, new() { FileMegabytes = 1 });
        await volumes.WriteAsync("user/secret.txt", Secret, by: Victim);
        await volumes.WriteAsync("team/shared.txt", "shared", by: Victim);
        var budget = new FuzzBudget(Inputs, MostSeconds);
        var buffer = new byte[FileCall.MaxBytes];
        var (breaches, refusals, changes) = (0, 0, 0);
        var files = new WorkerFiles(volumes.Files);

        while (budget.TryTake(out var number))
        {
            var json = Json(new(unchecked((budget.Seed * 1_000_003) + number)));
            try
            {
                var call = FileCall.Parse(Encoding.UTF8.GetBytes(json));
                var (answer, change) = await files.AnswerAsync(call, buffer, Attacker, CancellationToken.None);
                Assert.InRange(answer.Bytes, 0, call.Room);
                Assert.False(buffer.AsSpan(0, answer.Bytes).IndexOf(Encoding.ASCII.GetBytes(Secret)) >= 0, $"LLMOS_FUZZ_SEED={budget.Seed}, input {number}: {json}");
                refusals += answer.Error is null ? 0 : 1;
                changes += change is null ? 0 : 1;
            }
            catch (ProtocolException)
            {
                breaches++;
                // Mostly a handle that is not open. Some of them, as a run ends.
                if (breaches % 50 == 0)
                {
                    files.Dispose();
                    files = new(volumes.Files);
                }
            }
        }

        files.Dispose();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {budget.Seed}: {budget.Taken} inputs, {breaches} breaches, {refusals} refusals, {changes} changes");
        Assert.All([breaches, refusals, changes], count => Assert.InRange(count, 20, int.MaxValue));
        Assert.Equal(1, volumes.Files.Tree(Victim, VolumeKind.User).Sequence);
        Assert.Equal(1, volumes.Files.Tree(Victim, VolumeKind.Team).Sequence);
        Assert.Empty(Directory.GetFiles(Path.Combine(HiddenFolder.Find(folder["contents"]), DataFolder.IncomingName)));
    }

    private static string Json(Random chance)
    {
        var call = Pick(Calls, chance);
        var members = new List<string> { $"\"call\":\"{call}\"" };
        void Add(string name, string value, double likely)
        {
            if (chance.NextDouble() < likely)
                members.Add($"\"{name}\":{value}");
        }

        string Number(int small) => chance.NextDouble() < 0.9 ? chance.Next(small).ToString(CultureInfo.InvariantCulture) : Pick(Numbers, chance);
        var (byHandle, byPath) = (call is "read" or "write" or "resize" or "commit" or "discard", call is not ("read" or "write" or "resize" or "commit" or "discard"));
        Add("path", $"\"{Pick(Paths, chance)}\"", byPath ? 0.98 : 0.02);
        Add("to", $"\"{Pick(Paths, chance)}\"", call is "move" or "copy" ? 0.98 : 0.02);
        Add("mode", $"\"{(call == "remove" ? Modes[5 + chance.Next(3)] : call == "open" ? Modes[chance.Next(5)] : Pick(Modes, chance))}\"", call is "open" or "remove" ? 0.98 : 0.02);
        Add("handle", Number(12), byHandle ? 0.98 : 0.02);
        Add("offset", Number(2000), call is "read" or "write" ? 0.98 : 0.02);
        Add("length", Number(100_000), call is "read" or "resize" ? 0.98 : 0.02);
        Add("bytes", Number(70_000), call == "write" ? 0.98 : 0.02);
        Add("overwrite", "true", 0.2);
        Add("extra", "1", 0.01);
        var json = $"{{{string.Join(',', members)}}}";
        return chance.NextDouble() < 0.02 ? json[..chance.Next(json.Length)] : json;
    }

    private static string Pick(string[] from, Random chance) => from[chance.Next(from.Length)];
}
