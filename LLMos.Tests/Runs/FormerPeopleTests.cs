using System.Security.Cryptography;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Volumes;
using LLMos.Tests.Devices;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Runs;

/// <summary>What a removed person leaves is deleted, whatever keeps it.</summary>
public sealed class FormerPeopleTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Removed_person_leaves_nothing_but_what_others_share()
    {
        await using var server = await StartAsync();
        var (eva, max) = (new Person(server, await server.TokenAsync("eva")), new Person(server, await server.TokenAsync("max")));
        var id = server.Services.GetRequiredService<AccountStore>().Book.FindByName("eva")!.Id;
        var (own, shared) = (RandomNumberGenerator.GetBytes(300_000), RandomNumberGenerator.GetBytes(200_000));
        foreach (var folder in Enumerable.Range(0, 30))
            await PutAsync(eva, $"user/deep/{folder}/small.txt", [1, 2, 3]);
        await PutAsync(eva, "user/own.bin", own);
        await PutAsync(eva, "user/own.bin", [4]);
        await PutAsync(eva, "user/shared.bin", shared);
        await PutAsync(eva, "team/from-eva.txt", [5]);
        await PutAsync(max, "user/shared.bin", shared);
        (await eva.Client.DeleteAsync("/api/v1/volumes/user/files/deep/3/small.txt", Stop)).EnsureSuccessStatusCode();
        var run = await eva.RunAsync(RunCalls.Python("x = 'kept'\nprint(x)") with { Session = "notes" });
        await using var lender = await LendingClient.StartAsync(server, eva.Token, LendingClient.Port("left"));
        var going = await eva.StartAsync("open('user/draft.txt', 'w').write('draft')\nwhile True: pass");

        await RemoveAsync(server, id);

        await GoneAsync(server, id);
        Assert.Equal(shared, await max.Client.GetByteArrayAsync("/api/v1/volumes/user/files/shared.bin", Stop));
        Assert.Equal([5], await max.Client.GetByteArrayAsync("/api/v1/volumes/team/files/from-eva.txt", Stop));
        var content = Assert.Single(Directory.GetFiles(Path.Combine(server.DataPath, "contents"), "*", SearchOption.AllDirectories));
        Assert.Equal(200_000, new FileInfo(content).Length);
        foreach (var one in new[] { run.Id, going.Id })
            Assert.False(File.Exists(Path.Combine(server.DataPath, "runs", $"{one}.log")));
        Assert.False(Directory.Exists(Path.Combine(server.DataPath, "devices", lender.Lent.DeviceId!)));
        Assert.Contains(server.Log.Lines, line => line.Contains($"Deleted what {id} has left", StringComparison.Ordinal));
        Assert.Equal([], Documents(server, VolumeDocuments.Volumes).Where(key => key.Contains(id, StringComparison.Ordinal)));
        // The nodes of the others: max's file, eva's in team/.
        Assert.Equal(2, Documents(server, VolumeDocuments.Nodes).Count);
        Assert.Empty(Documents(server, VolumeDocuments.Versions));
    }

    [Fact]
    public async Task What_people_left_who_were_removed_earlier_goes_at_the_next_start()
    {
        using var folder = new TemporaryFolder();
        string id;
        await using (var first = await StartAsync(("Data:Path", folder.Path)))
        {
            var eva = new Person(first, await first.TokenAsync("eva"));
            id = first.Services.GetRequiredService<AccountStore>().Book.FindByName("eva")!.Id;
            await PutAsync(eva, "user/left.bin", RandomNumberGenerator.GetBytes(300_000));
            await eva.RunAsync(RunCalls.Python("print(1)") with { Session = "left" });
            // As a server did that deleted nothing: the account is not there when the next one starts.
            await first.Services.GetRequiredService<Database>().WriteAsync(documents => documents.Delete(AccountStore.AccountCollection, id));
        }

        await using var second = await StartAsync(("Data:Path", folder.Path));

        await GoneAsync(second, id);
        Assert.Empty(Directory.GetFiles(Path.Combine(folder.Path, "contents"), "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(Path.Combine(folder.Path, "runs"), "*.log"));
    }

    [Fact]
    public async Task Nothing_is_deleted_of_anybody_while_there_is_no_administrator()
    {
        using var folder = new TemporaryFolder();
        await using (var first = await StartAsync(("Data:Path", folder.Path)))
        {
            await PutAsync(new(first, await first.TokenAsync("eva")), "user/kept.bin", [1]);
            await first.Services.GetRequiredService<Database>().WriteAsync(documents =>
            {
                foreach (var account in documents.All(AccountStore.AccountCollection))
                    documents.Delete(AccountStore.AccountCollection, account["_id"]);
            });
        }

        await using var second = new ServerWithoutPrograms(("Data:Path", folder.Path), ("FirstRun:AdminUser", ""), ("FirstRun:AdminPassword", "")) { Time = LLMosServer.Clock() };
        _ = second.Client();
        second.Time!.Advance(TimeSpan.FromMinutes(2));

        Assert.Single(second.Services.GetRequiredService<VolumeStore>().Trees.Keys, key => key.StartsWith("user/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Edit_that_is_decided_after_the_removal_is_refused()
    {
        await using var server = new ServerWithoutPrograms();
        var token = await server.TokenAsync("eva");
        var account = server.Services.GetRequiredService<AccountStore>().Book.FindByName("eva")!;
        var eva = new Caller(account.Id, "eva", Role.Member) { CredentialId = Secret.HashOf(token) };
        await RemoveAsync(server, account.Id);

        foreach (var path in new[] { "user/late.txt", "team/late.txt" })
        {
            var refusal = await Assert.ThrowsAsync<LLMos.Server.Foundation.Errors.DomainException>(() => server.Services.GetRequiredService<VolumeFiles>()
                .WriteAsync(eva, VolumePath.Parse(path), new MemoryStream([1]), WriteCondition.None, makeFolders: true, Stop));
            Assert.Equal("accounts.sign_in_required", refusal.Error.Code);
        }
    }

    private static async Task<LLMosServer> StartAsync(params (string Key, string Value)[] settings)
    {
        var server = new LLMosServer([LightPython.Setting, ("Devices:Virtual", "0"), .. settings]).Listen();
        await SharedServer.WarmAsync(server);
        return server;
    }

    private static async Task PutAsync(Person person, string path, byte[] bytes)
    {
        using var body = new ByteArrayContent(bytes) { Headers = { ContentType = new("application/octet-stream") } };
        (await person.Client.PutAsync($"/api/v1/volumes/{path.Insert(path.IndexOf('/', StringComparison.Ordinal), "/files")}", body, Stop)).EnsureSuccessStatusCode();
    }

    private static Task<AccountBook> RemoveAsync(LLMosServer server, string id) =>
        server.Services.GetRequiredService<AccountStore>().ChangeAsync(book => book.Without(id), Stop);

    private static async Task GoneAsync(LLMosServer server, string id)
    {
        foreach (var kept in server.Services.GetServices<IRemains>())
            await Eventually.HoldsAsync(() => !kept.Owners().Contains(id), $"no {kept.What} are left");
    }

    private static List<string> Documents(LLMosServer server, string collection) =>
        [.. server.Services.GetRequiredService<Database>().Read(documents => documents.All(collection)).Select(document => document["_id"].ToString())];
}
