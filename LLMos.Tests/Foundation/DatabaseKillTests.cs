using System.Globalization;
using LLMos.Server.Foundation.Storage;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.Options;

namespace LLMos.Tests.Foundation;

public sealed class DatabaseKillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2, Explicit = true)]
    public async Task Every_acknowledged_write_survives_a_server_that_is_killed(int seed)
    {
        const int Kills = 6;
        var random = new Random(seed);
        var acknowledged = new Dictionary<int, int>();

        for (var kill = 0; kill < Kills; kill++)
        {
            // Values only grow, so a later one in the database is a write whose acknowledgement was cut off.
            await WriteAndKill(acknowledged.Values.DefaultIfEmpty(-1).Max() + 1000, random.Next(1, 700), acknowledged);
            using var database = new Database(Options.Create(new StorageOptions { Path = _folder.Path }));

            foreach (var (key, value) in acknowledged)
            {
                var (found, twin) = database.Read(documents => (documents.Find("values", key), documents.Find("twins", key)));
                Assert.NotNull(found);
                var survived = found["value"].AsInt32;
                Assert.True(survived >= value, $"kill {kill}: {key} was acknowledged as {value} and is {survived}");
                Assert.Equal(StorageWriter.TextOf(survived), found["text"].AsString);
                Assert.Equal(survived % 5 == 0 ? null : survived, twin?["value"].AsInt32);
            }
        }

        Assert.InRange(acknowledged.Count, 100, StorageWriter.Writers * StorageWriter.KeysPerWriter);
    }

    private async Task WriteAndKill(int start, int writes, Dictionary<int, int> acknowledged)
    {
        using var writer = StorageWriter.Start(_folder.Path, start);
        while (await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            var parts = line.Split(' ');
            // The last line may be cut off.
            if (parts.Length == 2 && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var value) && value >= start)
                acknowledged[int.Parse(parts[0], CultureInfo.InvariantCulture)] = value;
            if (--writes == 0)
                writer.Kill();
        }

        await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(writes <= 0, $"the writer ended by itself with {writer.ExitCode}");
    }
}
