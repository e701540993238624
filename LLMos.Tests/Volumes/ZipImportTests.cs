using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Volumes;

/// <summary>Zips of many small files, which are taken in a part at a time and seen all at once.</summary>
public sealed class ZipImportTests : IDisposable
{
    private const int Files = 700, Length = 6000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_of_a_large_zip_is_there_at_once_and_nothing_is_left_of_its_parts()
    {
        using var volumes = new OpenVolumes(_folder.Path);

        var result = await ImportAsync(volumes, "user/many", Zip());

        Assert.Equal((Files, 0, (long)Files * Length), (result.Files, result.Folders, result.Bytes));
        var tree = volumes.Store.Tree("user/anna");
        Assert.Equal((Files, (long)Files * Length), (tree.Root.Totals.Files, tree.Root.Totals.Bytes));
        Assert.Equal((0, 0, 0L), (tree.Bin.Count, tree.BinNodes, tree.KeptBytes));
        Assert.Equal(Files, volumes.Documents(VolumeDocuments.Contents));
        Assert.Equal(0, (await volumes.Check.DeepAsync(TestContext.Current.CancellationToken)).Problems);
        // The folder, and each file.
        Assert.Equal(Files + 1, tree.Sequence);
    }

    [Fact]
    public async Task A_large_zip_that_is_refused_leaves_nothing()
    {
        using var volumes = new OpenVolumes(_folder.Path);
        await volumes.WriteAsync("user/many/699", "there");

        var refusal = await Assert.ThrowsAsync<DomainException>(() => ImportAsync(volumes, "user/many", Zip()));

        Assert.Equal("volumes.exists", refusal.Error.Code);
        Assert.Equal((1, 0), (volumes.Store.Tree("user/anna").Root.Totals.Files, volumes.Store.Tree("user/anna").Bin.Count));
        Assert.Equal(1, volumes.Documents(VolumeDocuments.Contents));
    }

    [Fact]
    public async Task What_an_import_holds_is_not_tidied_and_nobody_sees_it_and_a_crash_lets_it_go()
    {
        var into = VolumePath.Parse("user");
        using (var volumes = new OpenVolumes(_folder.Path, new() { KeptMegabytes = 0, MaxEntries = 1 }))
        {
            var held = await volumes.Files.HoldAsync(OpenVolumes.Anna, into, null, [StagedContent.Inline(new byte[10]), StagedContent.Inline(new byte[20])]);
            Assert.Equal(held, await volumes.Files.HoldAsync(OpenVolumes.Anna, into, held, [StagedContent.Inline(new byte[30])]));
            await volumes.Tidying.TidyAsync(CancellationToken.None);
            Assert.Empty(volumes.Files.Bin(OpenVolumes.Anna, VolumeKind.User));
            Assert.Equal(0, volumes.Store.Tree("user/anna").KeptBytes);
            Assert.Equal(3, volumes.Documents(VolumeDocuments.Contents));
        }

        using var after = new OpenVolumes(_folder.Path);
        await after.Tidying.TidyAsync(CancellationToken.None);
        Assert.Equal((0, 0), (after.Documents(VolumeDocuments.Contents), after.Documents(VolumeDocuments.Nodes)));
    }

    private static Task<ImportResult> ImportAsync(OpenVolumes volumes, string into, Stream zip) =>
        new ZipImport(volumes.Files, volumes.Contents, new(Options.Create(new VolumeOptions())), Options.Create(new VolumeOptions()))
            .ReadAsync(OpenVolumes.Anna, VolumePath.Parse(into), zip, overwrite: false, names: null, TestContext.Current.CancellationToken);

    private static MemoryStream Zip()
    {
        var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var number = 0; number < Files; number++)
            {
                using var entry = archive.CreateEntry(number.ToString(CultureInfo.InvariantCulture), CompressionLevel.NoCompression).Open();
                entry.Write(RandomNumberGenerator.GetBytes(Length));
            }
        }

        zip.Position = 0;
        return zip;
    }
}
