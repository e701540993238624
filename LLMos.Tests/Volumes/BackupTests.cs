using System.Security.Cryptography;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Foundation.Storage.Backups;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Volumes;

public sealed class BackupTests
{
    private static readonly Caller Ada = new("ada", "ada", Role.Member);
    private static readonly byte[] Large = RandomNumberGenerator.GetBytes(3_000_000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_that_is_made_while_people_write_has_whole_files_and_can_be_restored_in_another_place()
    {
        using var elsewhere = new TemporaryFolder();
        await using var server = new ServerWithoutPrograms();
        var files = FilesOf(server);
        await WriteAsync(files, "user/kept.bin", Large);
        await WriteAsync(files, "team/small.txt", "one"u8.ToArray());
        using var enough = new CancellationTokenSource();
        var writing = KeepWritingAsync(files, enough.Token);

        var backups = server.Services.GetRequiredService<BackupStore>();
        var manifest = await backups.MakeAsync(Cancellation);
        await enough.CancelAsync();
        Assert.True(await writing > 0);
        await files.DeleteAsync(Ada, VolumePath.Parse("user/kept.bin"), WriteCondition.None, recursive: false);
        await files.PurgeAsync(Ada, VolumeKind.User, files.Bin(Ada, VolumeKind.User).Single().Id);

        Assert.Equal([manifest], backups.List());
        Restore(Path.Combine(server.DataPath, "backups", manifest.Name), elsewhere.Path);
        await using var restored = new ServerWithoutPrograms(("Data:Path", elsewhere.Path));
        Assert.Equal(Large, await ReadAsync(FilesOf(restored), "user/kept.bin"));
        Assert.Equal("one"u8.ToArray(), await ReadAsync(FilesOf(restored), "team/small.txt"));
    }

    [Fact]
    public async Task A_backup_that_lost_a_content_is_not_restored_and_nothing_is_touched()
    {
        using var elsewhere = new TemporaryFolder();
        await using var server = new ServerWithoutPrograms();
        await WriteAsync(FilesOf(server), "user/kept.bin", Large);
        var manifest = await server.Services.GetRequiredService<BackupStore>().MakeAsync(Cancellation);
        var backup = Path.Combine(server.DataPath, "backups", manifest.Name);
        File.Delete(Directory.EnumerateFiles(Path.Combine(backup, "contents"), "*", SearchOption.AllDirectories).Single());

        var refusal = Assert.Throws<DomainException>(() => Restore(backup, elsewhere.Path));

        Assert.Equal("storage.backup_damaged", refusal.Error.Code);
        Assert.Equal(["llmos.lock"], Directory.EnumerateFileSystemEntries(elsewhere.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Nobody_starts_on_what_a_restore_left_half_done_and_the_next_one_ends_it()
    {
        using var elsewhere = new TemporaryFolder();
        string backup;
        await using (var server = new ServerWithoutPrograms())
        {
            await WriteAsync(FilesOf(server), "user/kept.bin", Large);
            var manifest = await server.Services.GetRequiredService<BackupStore>().MakeAsync(Cancellation);
            backup = elsewhere["backups/one"];
            Directory.CreateDirectory(elsewhere["backups"]);
            Copy(Path.Combine(server.DataPath, "backups", manifest.Name), backup);
        }

        Restore(backup, elsewhere.Path);
        // Killed after its database was moved in, and before the contents were.
        File.WriteAllText(elsewhere["restore-unfinished"], "");
        Directory.CreateDirectory(elsewhere["restore-incoming"]);
        Directory.Move(elsewhere["contents"], elsewhere["restore-incoming/contents"]);
        var refusal = Assert.Throws<DomainException>(() => new OpenVolumes(elsewhere.Path));
        Assert.Equal("storage.damaged", refusal.Error.Code);
        Assert.Contains("LLMos.Server restore", refusal.Error.Detail, StringComparison.Ordinal);

        Restore(backup, elsewhere.Path);

        await using var restored = new ServerWithoutPrograms(("Data:Path", elsewhere.Path));
        Assert.Equal(Large, await ReadAsync(FilesOf(restored), "user/kept.bin"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere.Path, "restore-*"));
    }

    [Fact]
    public async Task After_a_restore_no_number_is_given_that_somebody_may_have_seen()
    {
        using var elsewhere = new TemporaryFolder();
        await using var server = new ServerWithoutPrograms();
        var files = FilesOf(server);
        await WriteAsync(files, "user/a", "one"u8.ToArray());
        var manifest = await server.Services.GetRequiredService<BackupStore>().MakeAsync(Cancellation);
        // All this is lost, and its numbers are known to who has seen it.
        await WriteAsync(files, "user/a", "two"u8.ToArray());
        await WriteAsync(files, "user/b", "new"u8.ToArray());
        await WriteAsync(files, "team/c", "new"u8.ToArray());
        var (own, team) = (files.Tree(Ada, VolumeKind.User).Sequence, files.Tree(Ada, VolumeKind.Team).Sequence);
        HashSet<FileTag> seen = [TagOf(files, "user/a"), TagOf(files, "user/b"), TagOf(files, "team/c")];

        Restore(Path.Combine(server.DataPath, "backups", manifest.Name), elsewhere.Path);
        for (var start = 0; start < 2; start++)
        {
            await using var restored = new ServerWithoutPrograms(("Data:Path", elsewhere.Path));
            files = FilesOf(restored);
            foreach (var path in (string[])["user/a", "user/b", "user/d", "team/c"])
            {
                await WriteAsync(files, path, "other"u8.ToArray());
                Assert.True(seen.Add(TagOf(files, path)), path);
            }

            foreach (var (volume, after) in new[] { (VolumeKind.User, own), (VolumeKind.Team, team), (VolumeKind.Team, 0) })
                Assert.Equal("volumes.changes_gone", Assert.Throws<DomainException>(() => files.Changes(Ada, volume, after, most: 10)).Error.Code);
            var last = files.Tree(Ada, VolumeKind.User).Sequence;
            Assert.Equal([last - 1, last], files.Changes(Ada, VolumeKind.User, last - 2, most: 10).Select(change => change.Sequence));
            Assert.Empty(files.Changes(Ada, VolumeKind.System, 0, most: 10));
            Assert.Equal(0, (await restored.Services.GetRequiredService<VolumeCheck>().DeepAsync(Cancellation)).Problems);
        }
    }

    [Fact]
    public async Task Half_uploads_and_folders_that_go_meanwhile_are_not_in_a_backup()
    {
        await using var server = new ServerWithoutPrograms();
        await WriteAsync(FilesOf(server), "user/kept.bin", Large);
        await using var half = server.Services.GetRequiredService<ContentStore>().CreateFile();
        await half.WriteAsync(Large, Cancellation);
        Directory.CreateSymbolicLink(Path.Combine(server.DataPath, "gone"), Path.Combine(server.DataPath, "nowhere"));

        var manifest = await server.Services.GetRequiredService<BackupStore>().MakeAsync(Cancellation);

        Assert.DoesNotContain(
            Path.GetFileName(half.Name), Directory.EnumerateFiles(Path.Combine(server.DataPath, "backups", manifest.Name), "*", SearchOption.AllDirectories).Select(Path.GetFileName));
        Assert.InRange(manifest.Bytes, Large.Length, Large.Length * 2);
    }

    [Fact]
    public async Task A_folder_that_a_server_uses_is_not_restored_into()
    {
        await using var server = new ServerWithoutPrograms();
        var manifest = await server.Services.GetRequiredService<BackupStore>().MakeAsync(Cancellation);

        var refusal = Assert.Throws<DomainException>(() => Restore(Path.Combine(server.DataPath, "backups", manifest.Name), server.DataPath));

        Assert.Equal("storage.in_use", refusal.Error.Code);
    }

    [Fact]
    public async Task The_oldest_backup_goes_when_there_are_more_than_are_kept()
    {
        var clock = LLMosServer.Clock();
        await using var server = new ServerWithoutPrograms(("Data:BackupsKept", "2")) { Time = clock };
        var backups = server.Services.GetRequiredService<BackupStore>();
        List<string> names = [];
        for (var made = 0; made < 3; made++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            names.Add((await backups.MakeAsync(Cancellation)).Name);
        }

        Assert.Equal(names.Skip(1), backups.List().Select(backup => backup.Name));
    }

    [Fact]
    public async Task A_backup_made_with_a_clock_that_was_set_back_is_the_newest_all_the_same()
    {
        var clock = new SteppedClock(LLMosServer.Clock().GetUtcNow());
        await using var server = new ServerWithoutPrograms(("Data:BackupsKept", "2")) { Time = clock };
        var backups = server.Services.GetRequiredService<BackupStore>();
        await backups.MakeAsync(Cancellation);
        clock.Step = TimeSpan.FromDays(60);
        var ahead = await backups.MakeAsync(Cancellation);
        clock.Step = TimeSpan.FromDays(-40_000);

        var back = await backups.MakeAsync(Cancellation);

        Assert.Equal([ahead, back], backups.List());
        Assert.Equal(clock.GetUtcNow().UtcDateTime, back.CreatedAt);
    }

    [Fact]
    public async Task A_backup_of_an_earlier_version_has_its_contents_under_names_that_can_be_guessed_and_is_restored()
    {
        using var elsewhere = new TemporaryFolder();
        await using var server = new ServerWithoutPrograms();
        await WriteAsync(FilesOf(server), "user/kept.bin", Large);
        var manifest = await server.Services.GetRequiredService<BackupStore>().MakeAsync(Cancellation);
        var contents = Path.Combine(server.DataPath, "backups", manifest.Name, "contents");
        var hidden = HiddenFolder.Find(contents);
        foreach (var folder in Directory.EnumerateDirectories(hidden))
            Directory.Move(folder, Path.Combine(contents, Path.GetFileName(folder)));
        Directory.Delete(hidden);

        Restore(Path.Combine(server.DataPath, "backups", manifest.Name), elsewhere.Path);

        await using var restored = new ServerWithoutPrograms(("Data:Path", elsewhere.Path));
        Assert.Equal(Large, await ReadAsync(FilesOf(restored), "user/kept.bin"));
        Assert.Equal(0, (await restored.Services.GetRequiredService<VolumeCheck>().DeepAsync(Cancellation)).Problems);
        Assert.Single(Directory.EnumerateFileSystemEntries(elsewhere["contents"]));
    }

    private static VolumeFiles FilesOf(ServerWithoutPrograms server)
    {
        // Files of who has no account are deleted.
        var accounts = server.Services.GetRequiredService<AccountStore>();
        if (accounts.Book.Find(Ada.AccountId) is null)
        {
            var ada = accounts.Book.FindByName(LLMosServer.Administrator)! with { Id = Ada.AccountId, User = Ada.Name, Role = Role.Member };
            accounts.ChangeAsync(book => book.With(ada, limit: int.MaxValue), Cancellation).GetAwaiter().GetResult();
        }

        return server.Services.GetRequiredService<VolumeFiles>();
    }

    private static async Task WriteAsync(VolumeFiles files, string path, byte[] bytes) =>
        await files.WriteAsync(Ada, VolumePath.Parse(path), new MemoryStream(bytes), WriteCondition.None, makeFolders: true, Cancellation);

    private static async Task<byte[]> ReadAsync(VolumeFiles files, string path)
    {
        var at = VolumePath.Parse(path);
        await using var content = files.Open(at, files.StatFile(Ada, at).Version);
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, Cancellation);
        return bytes.ToArray();
    }

    private static async Task<int> KeepWritingAsync(VolumeFiles files, CancellationToken enough)
    {
        var written = 0;
        for (; !enough.IsCancellationRequested; written++)
            await WriteAsync(files, $"user/many/{written % 10}.bin", RandomNumberGenerator.GetBytes(written % 2 == 0 ? 100 : 40_000));
        return written;
    }

    private static FileTag TagOf(VolumeFiles files, string path) => files.StatFile(Ada, VolumePath.Parse(path)).File.Tag;

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static void Restore(string backup, string data)
    {
        string[] arguments = ["restore", backup, $"--Data:Path={data}"];
        var command = RestoreCommand.From(ref arguments)!;
        using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddCommandLine(arguments).Build())
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IBackupCheck, VolumeBackupCheck>()
            .AddOptions<LLMos.Server.Foundation.Storage.StorageOptions>().BindConfiguration("Data").Services
            .BuildServiceProvider();
        Assert.Equal(0, command.Run(services));
    }
}
