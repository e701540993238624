using System.Globalization;
using System.Text;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Volumes;

/// <summary>Like <see cref="VolumeKillTests"/>, but what counts as acknowledged is a whole server's answer. Three hundred: <c>LLMOS_TORTURE_KILLS=300</c>.</summary>
public sealed class ServerKillTests : IDisposable
{
    private const int Writers = 6, Files = 5;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_file_that_a_killed_server_has_answered_for_is_there_as_a_whole()
    {
        var budget = new TortureBudget("KILLS", count: 2, seconds: 6);
        var (random, acknowledged) = (new Random(budget.Seed), 0);
        // Of each file the last content that was answered for, and the one that was sent after it.
        var files = new Dictionary<string, (int Answered, int Sent)>(StringComparer.Ordinal);
        while (budget.TryTake())
        {
            acknowledged += await WriteAndKillAsync(files, random.Next(1, 400));
            using var volumes = new OpenVolumes(_folder.Path, checkpointMegabytes: 1);
            foreach (var (path, (answered, sent)) in files.ToList())
            {
                var found = volumes.Exists(path) ? int.Parse(volumes.Text(path).Split(' ')[0], CultureInfo.InvariantCulture) : 0;
                Assert.True(found == answered || found == sent, $"kill {budget.Taken} of LLMOS_TORTURE_SEED={budget.Seed}: {path} has {found}; {answered} was answered for, {sent} was sent");
                Assert.True(found == 0 || volumes.Text(path) == TextOf(found), $"{path} has half of {found}");
                files[path] = (found, found);
            }

            var check = await volumes.Check.DeepAsync(TestContext.Current.CancellationToken);
            Assert.True(check.Problems == 0, string.Join("; ", check.Damage));
        }

        budget.Tell($"{budget.Taken} servers killed, {acknowledged} answers, none of them untrue");
        Assert.InRange(acknowledged, budget.Taken, int.MaxValue);
    }

    private async Task<int> WriteAndKillAsync(Dictionary<string, (int Answered, int Sent)> files, int answers)
    {
        var (server, clients) = await KilledServer.StartAsync(_folder.Path, Writers);
        using var killed = server;
        var (left, count) = (answers, 0);
        var results = await Task.WhenAll(clients.Select((client, writer) => Task.Run(async () =>
        {
            var own = Enumerable.Range(0, Files).Select(number => $"team/{writer}-{number}").ToDictionary(path => path, path => files.GetValueOrDefault(path));
            for (var number = own.Values.Max(each => each.Sent) + 1; ; number++)
            {
                var path = $"team/{writer}-{number % Files}";
                own[path] = own[path] with { Sent = number };
                try
                {
                    using var answer = await client.PutAsync(path, TextOf(number));
                    answer.EnsureSuccessStatusCode();
                }
                catch (HttpRequestException failure) when (failure.StatusCode is null)
                {
                    return own;
                }

                own[path] = (number, number);
                Interlocked.Increment(ref count);
                if (Interlocked.Decrement(ref left) == 0)
                    server.Kill();
            }
        })));
        clients.ForEach(client => client.Dispose());
        foreach (var (path, state) in results.SelectMany(own => own))
            files[path] = state;
        return count;
    }

    /// <summary>Some small, in the database, some large, in files; all of it follows from the number.</summary>
    private static string TextOf(int number) => new StringBuilder().Append(CultureInfo.InvariantCulture, $"{number} ").Append((char)('a' + (number % 26)), number % 4 == 0 ? 40_000 : number % 900).ToString();
}
