using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Runs;
using LLMos.Tests.Foundation;
using LLMos.Tests.Hosting;
using LLMos.Tests.Volumes;

namespace LLMos.Tests.Runs;

/// <summary>The real server on a real disk of 64 MiB that is full.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SmallDisk? _disk;

    public FullDiskTests() => _disk = SmallDisk.TryMount(_folder["disk"], megabytes: 64);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => _disk!.Path;

    public void Dispose()
    {
        _disk?.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_disk_that_people_filled_is_freed_by_one_delete()
    {
        Assert.SkipWhen(_disk is null, "mounting a small tmpfs needs privileges");
        await using var server = new LLMosServer(LightPython.Setting, ("Data:Path", Data));
        server.Log.Announce("did not reach the disk");
        using var person = await server.SignInAsync("ada");
        var kept = await FillAsync(person);

        await RefusedAsync(person.SendAsync(HttpMethod.Put, "files/user/large", new byte[100_000]));
        await RefusedAsync(person.PostAsJsonAsync("/api/v1/runs?wait=60", RunCalls.Python("print(1)"), Cancellation));
        await ManageAsync(server, person);

        using (var deleted = await person.SendAsync(HttpMethod.Delete, "folders/user/f?recursive=true"))
            Assert.True(deleted.IsSuccessStatusCode, await deleted.Content.ReadAsStringAsync(Cancellation));

        await WorksAsync(person);
        foreach (var (path, text) in kept)
            Assert.Equal(text, await person.ReadTextAsync(path));
        using var administrator = await server.SignInAsAdministratorAsync();
        using var check = await administrator.PostAsync("/api/v1/volumes/check", null, Cancellation);
        Assert.Contains("\"problems\":0", await check.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_is_full_of_small_files_is_freed_by_one_delete_and_the_bin()
    {
        Assert.SkipWhen(_disk is null, "mounting a small tmpfs needs privileges");
        await using var server = new LLMosServer(LightPython.Setting, ("Data:Path", Data));
        server.Log.Announce("did not reach the disk");
        using var person = await server.SignInAsync("ada");
        await PutUntilFullAsync(person, "s", 9000);

        using (var deleted = await person.SendAsync(HttpMethod.Delete, "folders/user/s?recursive=true"))
            deleted.EnsureSuccessStatusCode();
        using (var emptied = await person.DeleteAsync(new Uri("/api/v1/volumes/user/bin", UriKind.Relative), Cancellation))
            emptied.EnsureSuccessStatusCode();

        await WorksAsync(person);
    }

    [Fact]
    public async Task Lower_limits_and_a_restart_free_a_disk_that_runs_filled()
    {
        Assert.SkipWhen(_disk is null, "mounting a small tmpfs needs privileges");
        await using (var server = new LLMosServer(LightPython.Setting, ("Data:Path", Data)))
        {
            server.Log.Announce("could not be kept");
            server.Log.Announce("did not reach the disk");
            using var person = await server.SignInAsync("ada");
            while (await TryRunAsync(person, "for i in range(40000): print('x' * 100)"))
            {
                // Until there is no room.
            }
        }

        using var others = new FullDisk(Data);
        others.FillUpTo(0);
        await using var again = new LLMosServer(LightPython.Setting, ("Data:Path", Data), ("Runs:KeptBytesPerUser", "6000000"));
        using var back = await again.SignInAsync("ada");

        await WorksAsync(back);
        var history = await back.GetFromJsonAsync<JsonElement>("/api/v1/runs", Cancellation);
        Assert.InRange(history.GetProperty("runs").GetArrayLength(), 1, 3);
    }

    [Fact]
    public async Task A_server_starts_and_serves_on_a_full_disk_whichever_folder_is_missing()
    {
        Assert.SkipWhen(_disk is null, "mounting a small tmpfs needs privileges");
        await using (var server = new ServerWithoutPrograms(("Data:Path", Data)))
        {
            using var person = await server.SignInAsync("ada");
            await person.WriteAsync("user/f/old", new('x', 4_000_000));
            await person.WriteAsync("user/note", "a note");
        }

        foreach (var folder in (string[])["cache", "runs", "devices", "contents/incoming"])
        {
            if (Directory.Exists(Path.Combine(Data, folder)))
                Directory.Delete(Path.Combine(Data, folder), recursive: true);
        }

        using var others = new FullDisk(Data);
        others.FillUpTo(0);
        await using var again = new LLMosServer(LightPython.Setting, ("Data:Path", Data));
        again.Log.Announce("interpreter");
        using var back = await again.SignInAsync("ada");

        Assert.Equal("a note", await back.ReadTextAsync("user/note"));
        await RefusedAsync(back.PostAsJsonAsync("/api/v1/runs?wait=60", RunCalls.Python("print(1)"), Cancellation));
        using (var deleted = await back.SendAsync(HttpMethod.Delete, "files/user/f/old"))
            deleted.EnsureSuccessStatusCode();
        await WorksAsync(back);
    }

    [Fact]
    public async Task A_disk_that_becomes_full_in_the_middle_of_something_breaks_nothing()
    {
        Assert.SkipWhen(_disk is null, "mounting a small tmpfs needs privileges");
        var random = new Random(8);
        var expected = new Dictionary<string, string>();
        await using (var server = new ServerWithoutPrograms(("Data:Path", Data), ("Data:CheckpointMegabytes", "1")))
        {
            server.Log.Announce("did not reach the disk");
            server.Log.Announce("A backup could not be made");
            using var person = await server.SignInAsync("ada");
            using var administrator = await server.SignInAsAdministratorAsync();
            using var others = new FullDisk(Data);
            others.FillUpTo(6_000_000);
            for (var round = 0; round < 40; round++)
            {
                others.FillUpTo(random.Next(4) * random.Next(600_000));
                var path = $"user/{random.Next(12)}";
                var text = string.Concat(Enumerable.Repeat(round, random.Next(2) == 0 ? random.Next(3000) : random.Next(200_000)));
                switch (random.Next(5))
                {
                    case 0:
                        if (await IsDoneAsync(person.AppendAsync(path, text)))
                            expected[path] = expected.GetValueOrDefault(path, "") + text;
                        break;
                    case 1:
                        Assert.Equal(expected.Remove(path), await IsDoneAsync(person.SendAsync(HttpMethod.Delete, $"files/{path}"), mayBeMissing: true));
                        break;
                    case 2:
                        await IsDoneAsync(administrator.PostAsync("/api/v1/system/backups", null, Cancellation));
                        others.Dispose();
                        others.FillUpTo(6_000_000);
                        break;
                    default:
                        if (await IsDoneAsync(person.PutAsync(path, text)))
                            expected[path] = text;
                        break;
                }

                await AssertHoldsAsync(person, expected);
            }
        }

        await using var again = new ServerWithoutPrograms(("Data:Path", Data));
        using var back = await again.SignInAsync("ada");
        await AssertHoldsAsync(back, expected);
    }

    private static async Task AssertHoldsAsync(HttpClient person, Dictionary<string, string> expected)
    {
        foreach (var (path, text) in expected)
            Assert.Equal(text, await person.ReadTextAsync(path));
    }

    /// <returns>Whether it was done; otherwise it was refused for want of room.</returns>
    private static async Task<bool> IsDoneAsync(Task<HttpResponseMessage> asked, bool mayBeMissing = false)
    {
        using var answer = await asked;
        if (answer.IsSuccessStatusCode)
            return true;
        if (!mayBeMissing || answer.StatusCode != HttpStatusCode.NotFound)
            await answer.RefusedAsync(HttpStatusCode.InsufficientStorage, "storage.full");
        return false;
    }

    /// <summary>Fills the disk by all means that a person has.</summary>
    /// <returns>Files that are to be there afterwards.</returns>
    private async Task<Dictionary<string, string>> FillAsync(HttpClient person)
    {
        var kept = new Dictionary<string, string>();
        for (var run = 0; run < 3; run++)
            Assert.True(await TryRunAsync(person, "for i in range(20000): print('x' * 100)"));
        for (var version = 0; version < 3; version++)
            await person.WriteAsync("user/versions", kept["user/versions"] = new((char)('a' + version), 500_000));
        for (var number = 0; number < 40; number++)
            await person.WriteAsync($"user/k/{number}", kept[$"user/k/{number}"] = new((char)('a' + (number % 26)), 700 * number));
        await PutUntilFullAsync(person, "f", 900_000);
        await PutUntilFullAsync(person, "f/smaller", 30_000);
        await PutUntilFullAsync(person, "f/small", 9_000);
        Assert.InRange(FullDisk.FreeBytes(Data), 0, 60_000);
        return kept;
    }

    private static async Task PutUntilFullAsync(HttpClient person, string folder, int bytes)
    {
        for (var (number, refused) = (0, 0); refused < 3; number++)
        {
            var content = new byte[bytes];
            Random.Shared.NextBytes(content);
            using var answer = await person.SendAsync(HttpMethod.Put, $"files/user/{folder}/{number}", content);
            if (answer.StatusCode == HttpStatusCode.InsufficientStorage)
                refused++;
            else
                answer.EnsureSuccessStatusCode();
        }
    }

    /// <summary>What nobody may lose on a full disk: signing in, passwords, tokens, people.</summary>
    private static async Task ManageAsync(LLMosServer server, HttpClient person)
    {
        using var administrator = await server.SignInAsAdministratorAsync();
        for (var number = 0; number < 10; number++)
        {
            using var made = await administrator.PostAsJsonAsync("/api/v1/people", new { user = $"late-{number}", password = "correct horse", role = "member" }, Cancellation);
            made.EnsureSuccessStatusCode();
            using var token = await person.PostAsJsonAsync("/api/v1/tokens", new { name = $"late-{number}" }, Cancellation);
            token.EnsureSuccessStatusCode();
        }

        using var again = await server.SignInAsync("late-3", Role.Member);
        using var out1 = await again.PostAsync("/api/v1/logout", null, Cancellation);
        out1.EnsureSuccessStatusCode();
    }

    private static async Task WorksAsync(HttpClient person)
    {
        await person.WriteAsync("user/large", new('y', 100_000));
        Assert.Equal(100_000, (await person.ReadTextAsync("user/large")).Length);
        using var answer = await person.PostAsJsonAsync("/api/v1/runs?wait=60", RunCalls.Python("print(6 * 7)"), Cancellation);
        Assert.Equal("42\n", (await answer.ReadAsync<RunRecord>()).Stdout.Text);
    }

    private static async Task<bool> TryRunAsync(HttpClient person, string code)
    {
        using var answer = await person.PostAsJsonAsync("/api/v1/runs?wait=60", RunCalls.Python(code), Cancellation);
        return answer.StatusCode != HttpStatusCode.InsufficientStorage && (await answer.ReadAsync<RunRecord>()).State == "succeeded";
    }

    private static async Task RefusedAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        await answer.RefusedAsync(HttpStatusCode.InsufficientStorage, "storage.full");
    }
}
