using System.Globalization;
using LLMos.Server.Runs;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Runs.Fuzzing;

/// <summary>The same inputs by programs that found their worker's marker and write them to descriptor 1.</summary>
public sealed class FramePipeFuzzTests(SharedServer shared)
{
    private const int Inputs = 1000;
    private const double MostSeconds = 15;

    // Standard input: the marker that the input was made with, the input, and where its pieces end.
    private const string Program = """
        import llmos.line, os, sys
        made_with, data, cuts = (line.split() for line in sys.stdin.read().splitlines())
        data = bytes.fromhex(data[0] if data else '').replace(bytes.fromhex(made_with[0]), llmos.line._channel._marker)
        start = 0
        for cut in map(int, cuts):
            os.write(1, data[start:cut])
            start = cut
        """;

    [Fact]
    public async Task What_programs_forge_stays_in_their_own_run()
    {
        var budget = new FuzzBudget(Inputs, MostSeconds);
        var honest = await shared.NewPersonAsync();
        using var over = new CancellationTokenSource();
        var honestRuns = CountAsync(honest, over.Token);

        var people = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => shared.NewPersonAsync()));
        await Task.WhenAll(people.Select(async person =>
        {
            while (budget.TryTake(out var number))
                await ForgeAsync(person, new(budget.Seed, number));
        }));

        await over.CancelAsync();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {budget.Seed}: {budget.Taken} inputs beside {await honestRuns} honest runs");
        Assert.InRange(await honestRuns, 10, int.MaxValue);
    }

    private static async Task ForgeAsync(Person person, FrameInput input)
    {
        var expected = new ExpectedRun(input.Bytes, FrameInput.Marker, hasBegun: true);
        // A frame that is cut off swallows what the worker itself says afterwards, and the run then lasts until its time is over.
        if (expected.IsCutOff || input.Bytes.IndexOf(FrameInput.Marker) < 0)
            return;

        var run = await person.RunAsync(Program, timeoutSeconds: 5, stdin: $"{Convert.ToHexString(FrameInput.Marker)}\n{Convert.ToHexString(input.Bytes)}\n{string.Join(' ', input.Cuts)}");

        using var answer = await person.Client.GetAsync($"/api/v1/runs/{run.Id}/events");
        var shown = ExpectedRun.Show((await answer.ReadAsync<RunEvents>()).Events.Where(happened => happened.Type is not ("queued" or "started" or "limit" or "ended")));
        Assert.True(run.State == (expected.State ?? "succeeded"), $"{input.Name}: expected {expected.State}, seen {run.State}, {run.Reason}");
        Assert.True(!expected.IsText || expected.Shown == shown, $"{input.Name}: expected {expected.Shown}, seen {shown}");
    }

    private static async Task<int> CountAsync(Person honest, CancellationToken over)
    {
        for (var runs = 0; ; runs++)
        {
            if (over.IsCancellationRequested)
                return runs;
            var run = await honest.RunAsync($"print({runs})\n{runs}");
            Assert.Equal(("succeeded", $"{runs}\n", ""), (run.State, run.Stdout.Text, run.Stderr.Text));
            Assert.All(run.Result!.Values, text => Assert.Equal(runs.ToString(CultureInfo.InvariantCulture), text));
        }
    }
}
