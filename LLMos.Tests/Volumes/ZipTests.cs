using System.Net;
using System.Security.Cryptography;
using LLMos.Server.Accounts;
using LLMos.Server.Foundation.Storage;
using LLMos.Server.Volumes;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

public sealed class ZipTests(VolumesServer shared) : IClassFixture<VolumesServer>
{
    private readonly LLMosServer _server = shared.Server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_comes_back_from_a_zip_as_it_went_into_it()
    {
        using var ada = await _server.SignInAsync("zip-round");
        var zip = await Zips.MakeAsync("""
            z.writestr("a.txt", "first")
            z.writestr("deep/er/ünïcode ☃.txt", "second")
            z.writestr("stored.txt", "third", zipfile.ZIP_STORED)
            z.writestr("empty.txt", "")
            z.writestr("nothing/in it/", "")
            with z.open("large.bin", "w", force_zip64=True) as entry:
                entry.write(b"large" * 100_000)
            """);

        using var imported = await ada.SendAsync(HttpMethod.Post, "import/user/from/zip", zip);
        Assert.Equivalent(new ImportResult("user/from/zip", 5, 1, 500_016, [], 0), await imported.ReadAsync<ImportResult>(), strict: true);
        Assert.Equal("second", await ada.ReadTextAsync("user/from/zip/deep/er/" + Uri.EscapeDataString("ünïcode ☃.txt")));
        Assert.Equal(["a.txt", "deep", "empty.txt", "large.bin", "nothing", "stored.txt"], (await ada.ListAsync("user/from/zip")).Entries.Select(entry => entry.Name));

        using var exported = await ada.SendAsync(HttpMethod.Get, "export/user/from/zip");
        Assert.Equal(("application/zip", "zip.zip", "default-src 'none'; sandbox"), (
            exported.Content.Headers.ContentType!.MediaType, exported.Content.Headers.ContentDisposition!.FileNameStar, exported.Headers.GetValues("Content-Security-Policy").Single()));
        Assert.Equal(
            ["a.txt: first", "deep/er/ünïcode ☃.txt: second", "empty.txt: ", "large.bin: largelargelargelarge", "nothing/in it/: ", "stored.txt: third"],
            await Zips.ReadAsync(await exported.Content.ReadAsByteArrayAsync(Cancellation)));

        using var whole = await ada.SendAsync(HttpMethod.Get, "export/user");
        Assert.Equal("from/zip/a.txt: first", (await Zips.ReadAsync(await whole.Content.ReadAsByteArrayAsync(Cancellation)))[0]);
    }

    [Fact]
    public async Task Files_that_are_there_refuse_a_zip_or_get_a_next_version()
    {
        using var ada = await _server.SignInAsync("zip-over");
        await ada.WriteAsync("user/in/a.txt", "mine");
        var zip = await Zips.MakeAsync("""z.writestr("new.txt", "new"); z.writestr("a.txt", "theirs")""");

        using var refused = await ada.SendAsync(HttpMethod.Post, "import/user/in", zip);
        await refused.RefusedAsync(HttpStatusCode.Conflict, "volumes.exists");
        Assert.Equal(["a.txt"], (await ada.ListAsync("user/in")).Entries.Select(entry => entry.Name));

        using var taken = await ada.SendAsync(HttpMethod.Post, "import/user/in?overwrite=true", zip);
        Assert.Equal(2, (await taken.ReadAsync<ImportResult>()).Files);
        Assert.Equal(("theirs", "mine"), (await ada.ReadTextAsync("user/in/a.txt"), await ada.ReadTextAsync("user/in/a.txt", "?version=1")));
    }

    [Theory]
    [InlineData("""z.writestr("../evil", "x")""", "volumes.path_invalid")]
    [InlineData("""z.writestr("/etc/passwd", "x")""", "volumes.path_invalid")]
    [InlineData("""z.writestr("a//b", "x")""", "volumes.path_invalid")]
    [InlineData("""z.writestr("a/./b/", "x")""", "volumes.path_invalid")]
    [InlineData("""z.writestr("a\nb", "x")""", "volumes.path_invalid")]
    [InlineData("""z.writestr("placeho1der", "x"); raw = patched(b"placeho1der", b"C:\\Windows\\")""", "volumes.path_invalid")]
    [InlineData("""z.writestr("x" * 300, "x")""", "volumes.path_invalid")]
    [InlineData("""z.writestr("\u00e9", "x"); z.writestr("e\u0301", "y")""", "volumes.archive_invalid")]
    [InlineData("""z.writestr("a", "x"); z.writestr("a/", "")""", "volumes.archive_invalid")]
    [InlineData("""z.writestr("a", "x"); z.writestr("a/b", "y")""", "volumes.is_file")]
    [InlineData("""z.writestr("a/b", "y"); z.writestr("a", "x")""", "volumes.exists")]
    [InlineData("""z.writestr("XX.txt", "x"); raw = patched(b"XX", b"\x95\\")""", "volumes.archive_names_unknown")]
    [InlineData("""z.writestr("XXXX.csv", "x"); raw = patched(b"XXXX", "图表".encode("gbk"))""", "volumes.archive_names_unknown")]
    [InlineData("""z.writestr("XXXXXX.txt", "x"); raw = patched(b"XXXXXX", "привет".encode("cp866"))""", "volumes.archive_names_unknown")]
    [InlineData("""z.writestr("XX.txt", "x"); raw = patched(b"XX", b"\xc3\\")""", "volumes.archive_names_unknown")]
    [InlineData("""z.writestr("a", "x" * 999, zipfile.ZIP_LZMA)""", "volumes.archive_invalid")]
    [InlineData("""z.writestr("a", "plain", zipfile.ZIP_STORED); raw = patched(b"plain", b"other")""", "volumes.archive_invalid")]
    [InlineData("""z.writestr("a", "x" * 99); raw = patched(struct.pack("<I", 99), struct.pack("<I", 98))""", "volumes.archive_invalid")]
    [InlineData("""z.writestr("a", "x" * 99); raw = patched(struct.pack("<I", 99), struct.pack("<I", 100))""", "volumes.archive_invalid")]
    [InlineData("""z.writestr("a", "x"); raw = patched(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")""", "volumes.archive_invalid")]
    [InlineData("""z.writestr("a", bytes(range(256)) * 99); z.close(); raw = file.getvalue()[:-40]""", "volumes.archive_invalid")]
    [InlineData("""z.writestr("a", bytes(range(256)) * 99); z.close(); raw = file.getvalue()[40:]""", "volumes.archive_invalid")]
    [InlineData("raw = b'no zip'", "volumes.archive_invalid")]
    [InlineData("raw = b''", "volumes.archive_invalid")]
    [InlineData("raw = overlapping(4000, 10_000_000)", "volumes.archive_invalid")]
    [InlineData("raw = overlapping(4000, 1)", "volumes.archive_invalid")]
    [InlineData("""[z.writestr(f"{n}", "") for n in range(10_001)]""", "volumes.archive_too_large")]
    [InlineData("""[z.writestr(f"{n}" + "x" * 600, "") for n in range(9_000)]""", "volumes.archive_too_large")]
    public async Task A_zip_that_is_not_good_changes_nothing(string script, string code)
    {
        using var ada = await _server.SignInAsync("zip-bad");
        var zip = await Zips.MakeAsync("""z.writestr("good.txt", "good")""" + "\n" + script);

        using var answer = await ada.SendAsync(HttpMethod.Post, "import/user/bad", zip);

        await answer.RefusedAsync(code is "volumes.is_file" or "volumes.exists" ? HttpStatusCode.Conflict : code == "volumes.archive_too_large" ? HttpStatusCode.RequestEntityTooLarge : HttpStatusCode.BadRequest, code);
        using var there = await ada.SendAsync(HttpMethod.Get, "stat/user/bad");
        Assert.Equal(HttpStatusCode.NotFound, there.StatusCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(HiddenFolder.Find(Path.Combine(_server.DataPath, "contents")), "incoming")));
    }

    // Each takes what is said, and says what it leaves out.
    [Theory]
    [InlineData("""z.writestr("grXXe.txt", "x"); z.writestr("YbZng/maX", "x"); raw = patched(b"grXXe", b"gr\x94\xe1e").replace(b"YbZng/maX", b"\x9ab\x81ng/ma\xe1")""", "", "größe.txt Übüng/maß", "")]
    [InlineData("""z.writestr("XX.txt", "x"); z.writestr("YY.txt", "x"); raw = patched(b"XX", b"\x84_").replace(b"YY", b"\x94_")""", "", "ä_.txt ö_.txt", "")]
    [InlineData("""z.writestr("XX.txt", "x"); raw = patched(b"XX", "é".encode())""", "", "é.txt", "")]
    [InlineData("""z.writestr("XX.txt", "x"); raw = patched(b"XX", "表".encode("shift_jis"))""", "?names=shift_jis", "表.txt", "")]
    [InlineData("""z.writestr("XXXX/YY.csv", "x"); raw = patched(b"XXXX", "数据".encode("gbk")).replace(b"YY", "图".encode("gbk"))""", "?names=gbk", "数据/图.csv", "")]
    [InlineData("""z.writestr("XXXXXX", "x"); raw = patched(b"XXXXXX", "привет".encode("cp866"))""", "?names=cp866", "привет", "")]
    [InlineData("""e = info("XX.txt", 0); e.extra = struct.pack("<HHBI", 0x7075, 11, 1, zlib.crc32(b"XX.txt")) + "表.txt"[:1].encode() + b".tx"; z.writestr(e, "x")""", "", "表.tx", "")]
    [InlineData("""e = info("XX.txt", 0); e.extra = struct.pack("<HHBI", 0x7075, 8, 1, 7) + "表".encode(); z.writestr(e, "x")""", "", "XX.txt", "")]
    [InlineData("""e = info("dirXsubXa.txt", 0); e.create_system = 0; z.writestr(e, "x"); raw = patched(b"dirXsubXa", b"dir\\sub\\a")""", "", "dir/sub/a.txt", "")]
    [InlineData("""z.writestr("./", ""); z.writestr("./a.txt", "x"); z.writestr("./d/", ""); z.writestr("./d/b.txt", "x")""", "", "a.txt d/b.txt", "")]
    [InlineData("""z.writestr("a/", ""); z.writestr("a/x", "x"); z.writestr("a/", "")""", "", "a/x", "")]
    [InlineData("""z.writestr("a", "first"); z.writestr("b", "x"); z.writestr("a", "last")""", "", "a b", "a: in it twice; the last one counts")]
    [InlineData("""z.writestr("p/Résumé", "x"); z.writestr("__MACOSX/p/._Résumé", "x"); z.writestr("p/._Résumé", "x"); z.writestr("p/.DS_Store", "x"); z.writestr("p/._own", "x")""", "", "p/._own p/Résumé",
        "__MACOSX/p/._Résumé: macOS's own, p/._Résumé: macOS's own, p/.DS_Store: macOS's own")]
    [InlineData("""z.writestr("a", "x"); z.writestr(info("link", 0o120777), "/etc/passwd"); z.writestr(info("device", 0o060666), "")""", "", "a", "link: a link or a device, device: a link or a device")]
    public async Task A_zip_of_others_is_taken_with_the_names_that_were_meant(string script, string query, string files, string leftOut)
    {
        using var ada = await _server.SignInAsync($"zip-{Ulid.NewUlid()}");
        var zip = await Zips.MakeAsync(script);

        using var answer = await ada.SendAsync(HttpMethod.Post, $"import/user/in{query}", zip);

        var result = await answer.ReadAsync<ImportResult>();
        Assert.Equal(leftOut, string.Join(", ", result.LeftOut.Select(one => $"{one.Name}: {one.Reason}")));
        using var exported = await ada.SendAsync(HttpMethod.Get, "export/user/in");
        Assert.Equal(files, string.Join(' ', (await Zips.ReadAsync(await exported.Content.ReadAsByteArrayAsync(Cancellation))).Select(line => line.Split(':')[0])));
        if (files == "a b")
            Assert.Equal("last", await ada.ReadTextAsync("user/in/a"));
    }

    [Theory, InlineData("klingon"), InlineData("utf-16"), InlineData("utf-7")]
    public async Task An_encoding_that_is_none_of_names_is_refused(string names)
    {
        using var ada = await _server.SignInAsync("zip-encoding");

        using var answer = await ada.SendAsync(HttpMethod.Post, $"import/user/in?names={names}", await Zips.MakeAsync("""z.writestr("a", "x")"""));

        await answer.RefusedAsync(HttpStatusCode.BadRequest, "volumes.archive_encoding_unknown");
    }

    [Fact]
    public async Task A_zip_is_written_and_read_by_who_may_write_and_read()
    {
        using var vera = await _server.SignInAsync("zip-vera", Role.Viewer);
        var zip = await Zips.MakeAsync("""z.writestr("a.txt", "x")""");

        using var team = await vera.SendAsync(HttpMethod.Post, "import/team", zip);
        await team.RefusedAsync(HttpStatusCode.Forbidden, "volumes.read_only");
        using var system = await vera.SendAsync(HttpMethod.Post, "import/system/examples", zip);
        await system.RefusedAsync(HttpStatusCode.Forbidden, "volumes.read_only");
        using var examples = await vera.SendAsync(HttpMethod.Get, "export/system/examples");
        Assert.NotEmpty(await Zips.ReadAsync(await examples.Content.ReadAsByteArrayAsync(Cancellation)));
        using var nothing = await vera.SendAsync(HttpMethod.Get, "export/user/nothing");
        await nothing.RefusedAsync(HttpStatusCode.NotFound, "volumes.not_found");
        using var nobody = _server.Client();
        using var refused = await nobody.SendAsync(HttpMethod.Get, "export/team");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Theory, InlineData("1970-01-01T02:00:00Z", "1980-01-01T00:00:00"), InlineData("2107-12-31T23:59:59Z", "2107-12-31T23:59:58"), InlineData("2600-02-03T04:05:06Z", "2107-12-31T23:59:58"), InlineData("2001-02-03T04:05:07Z", "2001-02-03T04:05:06")]
    public async Task A_file_of_any_date_is_in_a_zip_with_the_nearest_that_a_zip_can_say(string date, string packed)
    {
        using var folder = new TemporaryFolder();
        using var volumes = new OpenVolumes(folder.Path, time: new SteppedClock(DateTimeOffset.Parse(date, System.Globalization.CultureInfo.InvariantCulture)));
        await volumes.WriteAsync("user/a/early.txt", "early");
        await volumes.MakeFolderAsync("user/a/empty");
        var path = VolumePath.Parse("user/a");
        using var zip = new MemoryStream();

        await new ZipExport(volumes.Files).WriteAsync(OpenVolumes.Anna, path, (FolderNode)volumes.Files.Stat(OpenVolumes.Anna, path), zip, Cancellation);

        Assert.Equal(["early.txt: early", "empty/: "], await Zips.ReadAsync(zip.ToArray()));
        using var archive = new System.IO.Compression.ZipArchive(zip);
        Assert.All(archive.Entries, entry => Assert.Equal(packed, entry.LastWriteTime.DateTime.ToString("s", System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task A_zip_that_cannot_be_made_to_its_end_is_none_and_its_reader_sees_that()
    {
        await using var server = new ServerWithoutPrograms().Listen();
        server.Log.Announce("volumes.content_missing");
        server.Log.Announce("is missing or damaged");
        using var ada = await server.SignInAsync("ada");
        await ada.WriteAsync("user/a.txt", "first");
        using var put = await ada.SendAsync(HttpMethod.Put, "files/user/b.bin", RandomNumberGenerator.GetBytes(300_000));
        using var lost = await ada.SendAsync(HttpMethod.Put, "files/user/c.bin", RandomNumberGenerator.GetBytes(400_000));
        File.Delete(Directory.EnumerateFiles(Path.Combine(server.DataPath, "contents"), "*", SearchOption.AllDirectories).Single(file => new FileInfo(file).Length == 400_000));
        using var received = new MemoryStream();

        using var answer = await ada.GetAsync(new Uri("/api/v1/volumes/user/export/", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(async () => await answer.Content.CopyToAsync(received, Cancellation));

        Assert.InRange(received.Length, 300_000, 400_000);
        Assert.Throws<InvalidDataException>(() => new System.IO.Compression.ZipArchive(received));
    }

    [Fact]
    public async Task A_zip_fits_into_the_quota_or_is_not_unpacked_and_only_so_many_are_at_once()
    {
        await using var server = new ServerWithoutPrograms(("Volumes:UserMegabytes", "8"), ("Volumes:MaxArchives", "1")).Listen();
        using var ada = await server.SignInAsync("ada");
        using var over = await ada.SendAsync(HttpMethod.Post, "import/user/many", await Zips.MakeAsync("""z.writestr("a", bytes(8 * 1024 * 1024 + 1))"""));
        await over.RefusedAsync(HttpStatusCode.InsufficientStorage, "volumes.quota_exceeded");
        using var put = await ada.SendAsync(HttpMethod.Put, "files/user/a", RandomNumberGenerator.GetBytes(8 * 1024 * 1024));
        put.EnsureSuccessStatusCode();

        // Who takes a zip and does not read it holds the only place.
        var slow = await ada.GetAsync(new Uri("/api/v1/volumes/user/export/", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var busy = await ada.SendAsync(HttpMethod.Get, "export/user");
        await busy.RefusedAsync(HttpStatusCode.TooManyRequests, "volumes.archives_busy");

        // Until they go away.
        slow.Dispose();
        using var patience = new CancellationTokenSource(Eventually.Timeout);
        HttpStatusCode next;
        do
        {
            using var again = await ada.GetAsync(new Uri("/api/v1/volumes/system/export/examples", UriKind.Relative), patience.Token);
            next = again.StatusCode;
        }
        while (next == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.OK, next);
    }
}
