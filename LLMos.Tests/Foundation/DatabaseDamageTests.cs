using LiteDB;
using LLMos.Server.Foundation.Errors;
using LLMos.Server.Foundation.Storage;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Foundation;

/// <summary>Whatever a disk does to the files: a server has all of it, or says what it has not.</summary>
/// <remarks>Alone, as LiteDB's buffers are shared by all databases of a process and are renewed here all the time.</remarks>
[Collection(nameof(DatabaseDamageTests))]
[CollectionDefinition(nameof(DatabaseDamageTests), DisableParallelization = true)]
public sealed class DatabaseDamageTests : IDisposable
{
    private const int Documents = 300, PageBytes = SegmentHeader.PageBytes;

    private static readonly Dictionary<int, string> Texts = Enumerable.Range(0, Documents).ToDictionary(id => id, id => TextOf(new(id)));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_damaged_page_is_told_by_its_number_or_hurts_nobody(int seed)
    {
        var random = new Random(seed);
        using (var database = Open())
            await WriteAsync(database, 0, Documents);
        var whole = await File.ReadAllBytesAsync(_folder["llmos.db"], TestContext.Current.CancellationToken);
        var (told, pages) = (0, whole.Length / PageBytes);

        for (var damage = 0; damage < 100; damage++)
        {
            var damaged = whole.ToArray();
            var (page, other) = (random.Next(pages), random.Next(pages));
            var bytes = damaged.AsSpan(page * PageBytes, PageBytes);
            switch (random.Next(4))
            {
                case 0:
                    bytes.Clear();
                    break;
                case 1:
                    whole.AsSpan(other * PageBytes, PageBytes).CopyTo(bytes);
                    break;
                case 2:
                    bytes[random.Next(PageBytes)] ^= (byte)(1 << random.Next(8));
                    break;
                default:
                    foreach (ref var inverted in bytes.Slice(random.Next(PageBytes - 40), 40))
                        inverted ^= 0xff;
                    break;
            }

            await File.WriteAllBytesAsync(_folder["llmos.db"], damaged, TestContext.Current.CancellationToken);
            told += Look() ? 1 : 0;
        }

        // Most pages have something.
        Assert.InRange(told, 30, 100);
        await File.WriteAllBytesAsync(_folder["llmos.db"], whole, TestContext.Current.CancellationToken);
        Assert.False(Look());
    }

    [Fact]
    public async Task Who_asks_for_what_is_in_a_damaged_page_is_told_and_the_others_are_served()
    {
        using (var database = Open())
            await WriteAsync(database, 0, Documents);
        // Of a long text in the middle, all that is in its page.
        var bytes = await File.ReadAllBytesAsync(_folder["llmos.db"], TestContext.Current.CancellationToken);
        var victim = Texts.First(text => text.Key > 100 && text.Value.Length > 20_000);
        var at = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(victim.Value[..3000]));
        bytes[at + 1000] ^= 1;
        await File.WriteAllBytesAsync(_folder["llmos.db"], bytes, TestContext.Current.CancellationToken);

        using var damaged = Open();

        var (served, refused) = (0, 0);
        foreach (var (id, text) in Texts)
        {
            try
            {
                Assert.Equal(text, damaged.Read(documents => documents.Find("things", id))!["name"].AsString);
                served++;
            }
            catch (DomainException refusal)
            {
                Assert.Equal("storage.damaged", refusal.Error.Code);
                Assert.Contains($"Page {at / PageBytes} of", refusal.Error.Detail, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 1, 5);
        Assert.Equal(Documents, served + refused);
        // However often it is asked for, the others are served.
        for (var attempt = 0; attempt < 30; attempt++)
        {
            Assert.Throws<DomainException>(() => damaged.Read(documents => documents.Find("things", victim.Key)));
            foreach (var (id, text) in Texts.Take(100))
                Assert.Equal(text, damaged.Read(documents => documents.Find("things", id))!["name"].AsString);
        }

        await WriteAsync(damaged, Documents, Documents + 10);
    }

    [Fact]
    public async Task A_database_of_a_time_before_seals_is_sealed_at_the_start()
    {
        using (var database = Open())
            await WriteAsync(database, 0, Documents);
        var bytes = await File.ReadAllBytesAsync(_folder["llmos.db"], TestContext.Current.CancellationToken);
        for (var page = 0; page < bytes.Length; page += PageBytes)
            bytes.AsSpan(page + 14, 4).Fill(0xff);
        bytes[31] = 0;
        await File.WriteAllBytesAsync(_folder["llmos.db"], bytes, TestContext.Current.CancellationToken);

        Assert.False(Look());

        bytes = await File.ReadAllBytesAsync(_folder["llmos.db"], TestContext.Current.CancellationToken);
        Assert.Equal(1, bytes[31]);
        for (var page = 0; page < bytes.Length; page += PageBytes)
            Assert.True(PageSeal.Take(bytes.AsSpan(page, PageBytes), page / PageBytes, required: true), $"page {page / PageBytes}");
    }

    [Theory]
    [InlineData(40_000, 1, false)]
    [InlineData(40_000, 16, false)]
    [InlineData(0, 100_000, true)]
    [InlineData(0, 16 * 1024 * 1024, true)]
    [InlineData(0, 4096, true)]
    [InlineData(4096, 8192, true)]
    [InlineData(4096, 30_000, true)]
    [InlineData(12_288, 4096, true)]
    [InlineData(200_000, 1, false)]
    public async Task A_change_log_that_lost_what_was_acknowledged_is_refused_and_repaired_when_asked_for(int at, int length, bool zeroes)
    {
        using var copy = new TemporaryFolder();
        using (var database = Open())
        {
            for (var id = 0; id < 60; id++)
                await WriteAsync(database, id, id + 1);
            foreach (var name in (string[])["llmos.db", "llmos.wal"])
                File.Copy(_folder[name], copy[name]);
        }

        using (var log = File.Open(copy["llmos.wal"], FileMode.Open))
        {
            var bytes = new byte[length];
            log.Position = at;
            log.ReadExactly(bytes);
            log.Position = at;
            log.Write(zeroes ? new byte[length] : [.. bytes.Select(one => (byte)~one)]);
        }

        var before = await File.ReadAllBytesAsync(copy["llmos.wal"], TestContext.Current.CancellationToken);
        var refusal = Assert.Throws<DomainException>(() => Open(copy.Path).Dispose()).Error;

        Assert.Equal("storage.damaged", refusal.Code);
        Assert.Contains("llmos.wal", refusal.Detail, StringComparison.Ordinal);
        Assert.Contains("LLMos.Server repair", refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(copy["llmos.wal"], TestContext.Current.CancellationToken));

        var aside = RepairCommand.Repair(new() { Path = copy.Path }, DateTimeOffset.UnixEpoch);

        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(aside, "llmos.wal"), TestContext.Current.CancellationToken));
        using var again = Open(copy.Path);
        var kept = again.Read(documents => documents.All("things"));
        Assert.All(kept, thing => Assert.Equal(Texts[thing["_id"].AsInt32], thing["name"].AsString));
        // What was written before it, in order, and nothing behind it.
        Assert.Equal(Enumerable.Range(0, kept.Count), kept.Select(thing => thing["_id"].AsInt32));
        Assert.InRange(kept.Count, at >= 200_000 ? 5 : 0, 59);
        await WriteAsync(again, 70, 80);
    }

    private Database Open(string? path = null) => new(Options.Create(new StorageOptions { Path = path ?? _folder.Path }));

    private static Task WriteAsync(Database database, int from, int to) => database.WriteAsync(documents =>
    {
        for (var id = from; id < to; id++)
            documents.Put("things", new BsonDocument { ["_id"] = id, ["name"] = Texts.GetValueOrDefault(id, "more") });
    });

    /// <summary>Opens the database and reads all of it; each answer is right or a refusal.</summary>
    /// <returns>Whether something was refused.</returns>
    private bool Look()
    {
        try
        {
            using var database = Open();
            var all = database.Read(documents => documents.All("things"));
            Assert.Equal(Texts, all.ToDictionary(thing => thing["_id"].AsInt32, thing => thing["name"].AsString));
            return false;
        }
        catch (DomainException refusal)
        {
            Assert.Equal("storage.damaged", refusal.Error.Code);
            Assert.Contains("llmos.db", refusal.Error.Detail, StringComparison.Ordinal);
            return true;
        }
    }

    private static string TextOf(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(10) == 0 ? 4000 : random.Next(1, 60)).Select(_ => random.Next(100_000, 1_000_000)));
}
