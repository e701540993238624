using System.Text.Json;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Runs;

/// <summary>What a kept run costs, and what the start depends on.</summary>
public sealed class RunRecordsTests
{
    [Theory]
    [InlineData("<")]
    [InlineData("\u0001")]
    [InlineData("é")]
    [InlineData("\U0001F600")]
    public async Task A_record_takes_about_what_was_sent_whatever_the_characters(string character)
    {
        await using var server = await StartAsync();
        var ada = new Person(server, await server.TokenAsync("ada"));
        var code = $"1 #{string.Concat(Enumerable.Repeat(character, 100_000))}";

        var run = await ada.RunAsync(code);

        var kept = await KeptAsync(server, "ada", run.Id);
        Assert.InRange(kept.RecordBytes, 100_000, System.Text.Encoding.UTF8.GetByteCount(code) + 4096);
        Assert.Equal(code, (await ada.GetRunAsync(run.Id)).Code);
    }

    [Fact]
    public async Task Records_count_for_the_history_as_logs_do()
    {
        await using var server = await StartAsync(("Runs:KeptBytesPerUser", "2000000"));
        var ada = new Person(server, await server.TokenAsync("ada"));

        var runs = new List<RunRecord>();
        for (var number = 0; number < 4; number++)
            runs.Add(await ada.RunAsync($"{number} #{new string('x', 900_000)}"));

        var store = server.Services.GetRequiredService<RunStore>();
        await Eventually.HoldsAsync(
            () => runs.Select(run => store.Find(run.Id) is not null).SequenceEqual([false, false, true, true]), "only the last two runs are left");
    }

    [Fact]
    public async Task The_start_reads_no_record()
    {
        using var folder = new TemporaryFolder();
        string id;
        await using (var server = await StartAsync(("Data:Path", folder.Path)))
        {
            var ada = new Person(server, await server.TokenAsync("ada"));
            id = (await ada.RunAsync("print(1)")).Id;
            await KeptAsync(server, "ada", id);
            // What could not be read.
            await server.Services.GetRequiredService<Database>().WriteAsync(documents => documents.Put(RunDocuments.Records, new() { ["_id"] = id, ["run"] = new byte[] { 0xC1 } }));
        }

        await using var again = await StartAsync(("Data:Path", folder.Path));
        Assert.Equal(id, (await KeptAsync(again, "ada", id)).Summary.Id);
    }

    [Fact]
    public async Task Records_of_an_earlier_version_are_there_after_the_start_with_their_keys_and_logs()
    {
        using var folder = new TemporaryFolder();
        var ids = new List<string>();
        await using (var server = await StartAsync(("Data:Path", folder.Path)))
        {
            var ada = new Person(server, await server.TokenAsync("ada"));
            for (var number = 0; number < 20; number++)
                ids.Add((await ada.RunAsync($"import llmos\nllmos.display({number})\nprint('<' * {number})")).Id);
            foreach (var id in ids)
                await KeptAsync(server, "ada", id);
            var store = server.Services.GetRequiredService<RunStore>();
            var former = ids.Select(id => (Id: id, Json: JsonSerializer.SerializeToUtf8Bytes(store.Find(id)! with { IdempotencyKey = $"key-{id}", RequestHash = "h" }, JsonSerializerOptions.Web))).ToList();
            await server.Services.GetRequiredService<Database>().WriteAsync(documents =>
            {
                foreach (var (id, json) in former)
                {
                    RunDocuments.Delete(documents, id);
                    documents.Put(RunDocuments.Former, new() { ["_id"] = id, ["json"] = json });
                }
            });
        }

        await using var again = await StartAsync(("Data:Path", folder.Path));
        var bob = new Person(again, await again.TokenAsync("ada"));
        var account = again.Services.GetRequiredService<AccountStore>().Book.FindByName("ada")!.Id;
        Assert.Equal(ids.AsEnumerable().Reverse(), again.Services.GetRequiredService<RunStore>().List(account, before: null, limit: 100).Select(run => run.Id));
        Assert.Equal(ids[7], again.Services.GetRequiredService<RunStore>().FindByKey(account, $"key-{ids[7]}")?.Id);
        var run = await bob.GetRunAsync(ids[19]);
        Assert.Equal((new string('<', 19) + "\n", "19"), (run.Stdout.Text, Assert.Single(run.Displays).Data["text/plain"]));
        Assert.Empty(again.Services.GetRequiredService<Database>().Read(documents => documents.All(RunDocuments.Former)));
    }

    private static async Task<KeptRun> KeptAsync(LLMosServer server, string user, string id)
    {
        var store = server.Services.GetRequiredService<RunStore>();
        var account = server.Services.GetRequiredService<AccountStore>().Book.FindByName(user)!.Id;
        // An answer does not wait for it.
        await Eventually.HoldsAsync(() => store.FindKept(account, id) is { Summary.EndedAt: not null }, "the run is kept");
        return store.FindKept(account, id)!;
    }

    private static async Task<LLMosServer> StartAsync(params (string, string)[] settings)
    {
        var server = new LLMosServer([LightPython.Setting, .. settings]).Listen();
        await SharedServer.WarmAsync(server);
        return server;
    }
}
