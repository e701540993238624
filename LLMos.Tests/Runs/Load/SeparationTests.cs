using System.Diagnostics;
using LLMos.Server.Runs.Sandboxes;
using LLMos.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace LLMos.Tests.Runs.Load;

/// <summary>What is forked from one interpreter shares nothing that a program can change, and nothing that another could guess.</summary>
[Collection(nameof(Alone))]
public sealed class SeparationTests
{
    private const int People = 200;

    // Fifty of each make ten thousand forks, which take two minutes.
    private static readonly int RunsEach = new TortureBudget("RUNS", 5, 0).Count;

    // Prints what must be the same in every run, then what must differ in each, and then changes all that it looked at.
    private const string Program = """
        import builtins, decimal, locale, os, random, secrets, signal, sys, tempfile, uuid, warnings
        import matplotlib.pyplot as plt, numpy as np, pandas as pd, sympy.core.random
        print(
            'planted' in globals(), 'planted' in sys.modules, hasattr(builtins, 'planted'), hasattr(np, 'planted'), os.environ.get('PLANTED'), os.getcwd(), len(sys.path),
            plt.get_fignums(), plt.rcParams['lines.linewidth'], np.get_printoptions()['precision'], np.geterr()['divide'], pd.get_option('display.precision'),
            decimal.getcontext().prec, locale.setlocale(locale.LC_ALL), len(warnings.filters), sys.getrecursionlimit(), signal.getsignal(signal.SIGALRM))
        print(
            random.random(), np.random.random(), np.random.default_rng().random(), uuid.uuid1(), uuid.uuid4(), secrets.token_hex(8), os.urandom(8).hex(),
            next(tempfile._get_candidate_names()), sympy.core.random.rng.random())
        planted = sys.modules['planted'] = builtins.planted = np.planted = os.environ['PLANTED'] = 'planted'
        sys.path.append('planted')
        plt.rcParams['lines.linewidth'] = 7
        np.set_printoptions(precision=2)
        np.seterr(divide='ignore')
        pd.set_option('display.precision', 2)
        decimal.getcontext().prec = 5
        locale.setlocale(locale.LC_ALL, 'C')
        warnings.simplefilter('ignore')
        sys.setrecursionlimit(500)
        signal.signal(signal.SIGALRM, print)
        random.seed(1), np.random.seed(1), sympy.core.random.seed(1)
        """;

    // What takes longer than all of that: libraries that make themselves ready when they are first used, and a figure, drawn at the run's end.
    private const string Slow = """

        import sqlite3, ssl
        print(ssl.RAND_bytes(8).hex(), sqlite3.connect(':memory:').execute('select random()').fetchone()[0])
        plt.plot([1])
        """;

    [Fact(Explicit = true)]
    public async Task Two_hundred_people_with_many_runs_each_never_see_each_others_and_draw_no_random_number_twice()
    {
        await using var server = await StartAsync();
        var people = await server.PeopleAsync(People);

        var printed = (await Task.WhenAll(people.Select(RunAllAsync))).SelectMany(lines => lines).ToList();

        Assert.Equal(People * RunsEach, printed.Count);
        Assert.Single(printed.Select(lines => lines[0]).Distinct());
        RequireDistinct([.. printed.Select(lines => lines[1].Split(' '))]);
        RequireDistinct([.. printed.Where(lines => lines.Length > 3).Select(lines => lines[2].Split(' '))]);
    }

    [Fact]
    public async Task Every_interpreter_has_a_hash_seed_of_its_own()
    {
        await using var server = await StartAsync();
        var person = (await server.PeopleAsync(1))[0];
        var before = await person.RunAsync("print(hash('llmos'))");

        var sandbox = server.Services.GetRequiredService<PythonSandbox>();
        var first = sandbox.ForkserverProcessId!.Value;
        Process.GetProcessById(first).Kill();
        await Eventually.HoldsAsync(() => sandbox.ForkserverProcessId is { } next && next != first, "another interpreter serves");

        Assert.NotEqual(before.Stdout.Text, (await person.RunAsync("print(hash('llmos'))")).Stdout.Text);
    }

    private static void RequireDistinct(List<string[]> drawn)
    {
        Assert.NotEmpty(drawn);
        for (var source = 0; source < drawn[0].Length; source++)
            Assert.True(drawn.Select(values => values[source]).Distinct().Count() == drawn.Count, $"number {source} was drawn twice, e.g. {drawn[0][source]}");
    }

    private static async Task<List<string[]>> RunAllAsync(Person person)
    {
        var printed = new List<string[]>();
        for (var number = 0; number < RunsEach; number++)
        {
            var run = await person.RunAsync(number % RunsEach == RunsEach - 1 ? Program + Slow : Program);
            Assert.True(run.State == "succeeded", $"{run.State}: {run.Reason} {run.Error?.Traceback}");
            printed.Add(run.Stdout.Text.Split('\n'));
        }

        return printed;
    }

    private static async Task<LLMosServer> StartAsync()
    {
        var server = new LLMosServer(("Logging:Level", "Warning")).Listen();
        await SharedServer.WarmAsync(server);
        return server;
    }
}
