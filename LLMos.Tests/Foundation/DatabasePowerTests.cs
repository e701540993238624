using LiteDB;
using LLMos.Server.Foundation.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace LLMos.Tests.Foundation;

public sealed class DatabasePowerTests
{
    private const int DiskBytes = 32 * 1024 * 1024;

    [Theory]
    [InlineData(false)]
    [InlineData(true, Explicit = true)]
    public void A_power_cut_at_any_write_or_sync_keeps_what_was_acknowledged_and_no_part_of_the_rest(bool inOrder)
    {
        const int Images = 160;
        var random = new Random(inOrder ? 5 : 6);
        var gate = new Lock();
        using var data = new PowerCutDisk(DiskBytes);
        using var changes = new PowerCutDisk(DiskBytes);
        data.SetLength(0);
        gate.Enter();
        Engine.Fill(data, "the database", gate, SchemaMigrations.Known.Mark);
        changes.Sync();

        var acknowledged = new SortedDictionary<int, string>();
        for (var image = 0; image < Images; image++)
        {
            var log = new SegmentLog(changes, changes.Sync, DiskBytes);
            var engine = new Engine(data, "the database", log, gate, NullLogger.Instance);
            AssertHolds(engine, acknowledged, image);

            var countdown = random.Next(1, 120);
            data.BeforeWrite = data.BeforeSync = changes.BeforeWrite = changes.BeforeSync = () =>
            {
                if (--countdown <= 0)
                    throw new IOException("the power is gone");
            };
            var after = new SortedDictionary<int, string>(acknowledged);
            try
            {
                while (true)
                {
                    after = new(acknowledged);
                    var group = Enumerable.Range(0, random.Next(1, 12)).Select(_ => (Key: random.Next(300), Text: Text(random))).ToList();
                    engine.Commit(documents => group.TrueForAll(change => Apply(documents, after, change)));
                    acknowledged = after;
                    if (random.Next(6) == 0)
                        engine.Checkpoint();
                }
            }
            catch (Exception)
            {
                engine.Dispose();
            }

            data.BeforeWrite = data.BeforeSync = changes.BeforeWrite = changes.BeforeSync = null;
            data.Cut(random, inOrder);
            changes.Cut(random, inOrder);

            // The group in flight may have made it, as a whole.
            using var survivor = new Engine(data, "the database", new SegmentLog(changes, changes.Sync, DiskBytes), gate, NullLogger.Instance);
            if (!Content(survivor).SequenceEqual(acknowledged))
                acknowledged = after;
            AssertHolds(survivor, acknowledged, image);
        }

        gate.Exit();
    }

    private static bool Apply(Documents documents, SortedDictionary<int, string> expected, (int Key, string Text) change)
    {
        if (change.Text.Length == 0)
        {
            documents.Delete("values", change.Key);
            expected.Remove(change.Key);
            return true;
        }

        documents.Put("values", new BsonDocument { ["_id"] = change.Key, ["text"] = change.Text });
        expected[change.Key] = change.Text;
        return true;
    }

    private static void AssertHolds(Engine engine, SortedDictionary<int, string> expected, int image)
    {
        Assert.True(Content(engine).SequenceEqual(expected), $"image {image}: not what was acknowledged, nor that and the group in flight");
        var documents = engine.Documents(writable: false);
        // By its index too; some will do.
        foreach (var (key, text) in expected.Where(each => each.Key % 20 == image % 20))
            Assert.Equal(text, documents.Find("values", key)?["text"].AsString);
    }

    private static List<KeyValuePair<int, string>> Content(Engine engine) =>
        engine.Documents(writable: false).All("values").Select(value => KeyValuePair.Create(value["_id"].AsInt32, value["text"].AsString)).ToList();

    // Empty for a deletion; now and then some pages long.
    private static string Text(Random random) =>
        new((char)('a' + random.Next(26)), random.Next(5) == 0 ? 0 : random.Next(30) == 0 ? 30_000 : random.Next(1, 2000));
}
