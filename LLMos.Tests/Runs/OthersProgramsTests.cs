using LLMos.Server.Runs;

namespace LLMos.Tests.Runs;

/// <summary>Programs that were written for other places, by people and by models, give here what they give there.</summary>
public sealed class OthersProgramsTests(SharedServer shared)
{
    private async Task<RunRecord> RunAsync(string code, string? stdin = null) =>
        await (await shared.NewPersonAsync()).RunAsync(code, stdin: stdin);

    [Theory]
    [InlineData("import argparse\np = argparse.ArgumentParser()\np.add_argument('--rate', type=float, default=0.5)\nprint(p.parse_args().rate)", "0.5\n")]
    [InlineData("import os, contextlib\nwith open(os.devnull, 'w') as nothing, contextlib.redirect_stdout(nothing): print('quiet')\nprint('heard')", "heard\n")]
    [InlineData("print(len(open('/dev/urandom', 'rb').read(5)))", "5\n")]
    [InlineData("import mimetypes\nprint(mimetypes.guess_type('notes.html')[0])", "text/html\n")]
    [InlineData("import locale\nprint(locale.setlocale(locale.LC_ALL, ''))", "C.UTF-8\n")]
    [InlineData("import os\nprint([os.path.exists(p) for p in ('/etc/hostname', '/sys/fs/cgroup/cpu.max')], os.access('/etc/passwd', os.R_OK), os.access('/etc', os.W_OK))", "[False, False] False False\n")]
    [InlineData("import os, joblib, multiprocessing\nprint(os.cpu_count(), joblib.cpu_count(), multiprocessing.cpu_count())", "1 1 1\n")]
    [InlineData("from joblib import Parallel, delayed\nprint(Parallel(n_jobs=-1)(delayed(abs)(n) for n in (-1, -2)), Parallel(n_jobs=3)(delayed(abs)(n) for n in (-3,)))", "[1, 2] [3]\n")]
    [InlineData("from sklearn.datasets import load_wine\nfrom sklearn.ensemble import ExtraTreesClassifier\nfrom sklearn.model_selection import cross_val_score\nX, y = load_wine(return_X_y=True)\nprint(len(cross_val_score(ExtraTreesClassifier(5, n_jobs=2), X, y, cv=3, n_jobs=-1)))", "3\n")]
    [InlineData("import shelve\nwith shelve.open('kept') as kept: kept['n'] = [7]\nwith shelve.open('kept') as kept: print(kept['n'])", "[7]\n")]
    [InlineData("from PIL import Image\nImage.new('RGB', (4, 4)).show()\nprint('shown')", "shown\n")]
    public async Task A_program_prints_what_it_prints_elsewhere(string code, string printed)
    {
        var run = await RunAsync(code);

        Assert.Equal(("succeeded", printed), (run.State, run.Stdout.Text));
    }

    [Theory]
    [InlineData("print(sum(map(int, open(0).read().split())))")]
    [InlineData("import os\ndata = b''\nwhile piece := os.read(0, 4096): data += piece\nprint(sum(map(int, data.split())))")]
    [InlineData("print(sum(int(line) for line in open('/dev/stdin')))")]
    [InlineData("import sys\nprint(sum(map(int, sys.__stdin__.read().split())))")]
    public async Task Standard_input_is_read_in_every_way(string code)
    {
        var run = await RunAsync(code, string.Concat(Enumerable.Range(0, 40_000).Select(number => $"{number}\n")));

        Assert.Equal(("succeeded", "799980000\n"), (run.State, run.Stdout.Text));
    }

    [Fact]
    public async Task Standard_input_is_read_by_code_in_c() =>
        Assert.Equal("113 10 -1\n", (await RunAsync("import ctypes\nc = ctypes.CDLL(None)\nprint(c.getchar(), c.getchar(), c.getchar())", "q\n")).Stdout.Text);

    [Fact]
    public async Task A_program_that_reads_what_it_has_open_for_writing_is_told_so()
    {
        var run = await RunAsync("open('log', 'w').write('before')\nlog = open('log', 'w')\nlog.write('after')\nlog.flush()\nprint(open('log').read())");

        Assert.Contains("'log' is open for writing in this program", run.Stderr.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import zipfile\nkept = zipfile.ZipFile('kept', 'w')\nkept.writestr('a', 'b')", "import zipfile\nprint(zipfile.ZipFile('kept').read('a'))", "b'b'\n")]
    [InlineData("import gzip\nkept = gzip.open('kept', 'wt')\nkept.write('abc' * 5000)\nraise ValueError", "import gzip\nprint(len(gzip.open('kept').read()))", "15000\n")]
    public async Task What_a_program_leaves_open_is_whole(string code, string reading, string printed)
    {
        var person = await shared.NewPersonAsync();
        await person.RunAsync(code);

        Assert.Equal(printed, (await person.RunAsync(reading)).Stdout.Text);
    }

    [Fact]
    public async Task An_error_in_a_module_of_the_users_own_is_told_with_its_line()
    {
        var run = await RunAsync("open('prices.py', 'w').write('def half(n):\\n    rest = n\\n    return rest / 0\\n')\nimport prices\nprices.half(1)");

        Assert.Equal(3, run.Error!.Line);
        Assert.Contains("File \"/user/prices.py\", line 3, in half\n    return rest / 0\n           ~~~~~^~~\n", run.Error.Traceback, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_is_told_with_those_that_are_there()
    {
        var run = await RunAsync("open('sales-2026.csv', 'w').close()\nopen('sales_2026.csv')");

        Assert.Contains("'sales-2026.csv'", run.Error!.Hint, StringComparison.Ordinal);
        Assert.Contains("os.makedirs('user/plots'", (await RunAsync("import matplotlib.pyplot as plt\nplt.savefig('plots/a.png')")).Error!.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()")]
    [InlineData("import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\nplt.savefig('a.png')\nfrom PIL import Image\nassert len(Image.open('a.png').getcolors(9999)) > 1")]
    [InlineData("import matplotlib.pyplot as plt\nplt.title('温度 気温 기온 อุณหภูมิ')\nplt.show()")]
    public async Task A_figure_is_shown_once_and_without_a_warning(string code)
    {
        var run = await RunAsync(code);

        Assert.Equal(("succeeded", 1, ""), (run.State, run.Displays.Count, run.Stderr.Text));
    }
}
