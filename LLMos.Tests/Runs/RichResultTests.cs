using LLMos.Server.Runs;
using LLMos.Tests.Hosting;

namespace LLMos.Tests.Runs;

/// <summary>What a program shows, through a real worker and the wire.</summary>
public sealed class RichResultTests(SharedServer shared)
{
    private async Task<RunRecord> RunAsync(string code, double? timeoutSeconds = null) =>
        await (await shared.NewPersonAsync()).RunAsync(code, timeoutSeconds);

    [Theory]
    [InlineData("import sympy\nx = sympy.Symbol('x')\nsympy.integrate(x**2, x)", "text/latex", "\\frac{x^{3}}{3}")]
    [InlineData("import sympy\nx = sympy.Symbol('x')\nsympy.solve(x**2 - 2, x)", "text/latex", "\\sqrt{2}")]
    [InlineData("import sympy\nsympy.init_printing()\nsympy.eye(2)", "text/latex", "matrix")]
    [InlineData("import pandas as pd\npd.Series([1, 2], name='n')", "text/markdown", "2 values, int64")]
    [InlineData("import numpy as np\nnp.zeros((2000, 2000))", "text/plain", "shape (2000, 2000), dtype float64")]
    [InlineData("from PIL import Image\nImage.new('RGB', (8, 8))", "image/png", "iVBOR")]
    [InlineData("import networkx as nx\nnx.path_graph(4)", "text/plain", "Graph with 4 nodes and 3 edges")]
    [InlineData("from IPython.display import HTML\nHTML('<b>bold</b>')", "text/html", "<b>bold</b>")]
    [InlineData("class J:\n    def _repr_jpeg_(self): return b'\\xff\\xd8'\nJ()", "image/jpeg", "/9g=")]
    public async Task A_value_is_shown_in_its_own_form_beside_its_text(string code, string type, string part)
    {
        var run = await RunAsync(code);

        Assert.Equal("succeeded", run.State);
        Assert.Contains(part, run.Result![type], StringComparison.Ordinal);
        Assert.True(run.Result["text/plain"].Length < 5_000);
    }

    [Theory]
    [InlineData("import networkx as nx, matplotlib.pyplot as plt\nnx.draw(nx.path_graph(4))\nplt.show()", 1)]
    [InlineData("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nfig", 1)]
    [InlineData("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nplt.show()\nax", 1)]
    [InlineData("import llmos, matplotlib.pyplot as plt\nllmos.display(plt.figure())", 1)]
    [InlineData("from matplotlib.figure import Figure\nFigure()", 0)]
    public async Task A_figure_is_shown_once(string code, int displays)
    {
        var run = await RunAsync(code);

        Assert.Equal(("succeeded", displays), (run.State, run.Displays.Count));
        Assert.Equal(displays == 0, run.Result?.ContainsKey("image/png") ?? false);
    }

    [Fact]
    public async Task Figures_are_svg_when_matplotlib_is_told_to_save_svg()
    {
        var run = await RunAsync("import matplotlib.pyplot as plt\nplt.rcParams['savefig.format'] = 'svg'\nplt.plot([1, 2])\nplt.show()");

        Assert.Contains("<svg", Assert.Single(run.Displays).Data["image/svg+xml"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bundle_larger_than_a_frame_leaves_out_what_does_not_fit_and_says_so()
    {
        var run = await RunAsync("""
            class Huge:
                def _repr_html_(self): return "x" * 30_000_000
                def __repr__(self): return "the value"
            Huge()
            """);

        Assert.Equal("succeeded", run.State);
        Assert.StartsWith("the value\n(text/html was left out", run.Result!["text/plain"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_line_on_standard_error_is_no_breach_of_the_protocol()
    {
        var run = await RunAsync("import sys\nsys.stderr.write('x' * 20_000_000)\n'end'");

        Assert.Equal(("succeeded", 20_000_000), (run.State, run.Stderr.Bytes));
    }

    [Theory]
    [InlineData("class Loops:\n    def _repr_html_(self):\n        while True: pass\nLoops()")]
    [InlineData("class Loops:\n    def _repr_mimebundle_(self, **_):\n        while True:\n            try:\n                while True: pass\n            except BaseException: pass\nLoops()")]
    public async Task A_representation_that_never_ends_is_ended_by_the_clock(string code)
    {
        var run = await RunAsync("print('kept')\n" + code, timeoutSeconds: 0.5);

        Assert.Equal(("timed-out", "kept\n"), (run.State, run.Stdout.Text));
    }

    [Theory]
    [InlineData("class Floods:\n    def _repr_html_(self): return self\n    def __len__(self): return -1\nFloods()")]
    [InlineData("class Lies(str):\n    def __len__(self): return 10**15\n    def encode(self, *_): raise MemoryError\nclass Shows:\n    def _repr_html_(self): return Lies('text')\nShows()")]
    [InlineData("class Shows:\n    def _repr_mimebundle_(self, **_): return {'text/html': '\\ud800', 'a/b': {1: {2: self}}}\nShows()")]
    [InlineData("class Shows:\n    @property\n    def __class__(self): raise RuntimeError\nShows()")]
    [InlineData("import sys\nclass Shows:\n    def _repr_html_(self):\n        sys.stderr = None\n        raise ValueError\nShows()")]
    public async Task A_representation_that_lies_leaves_the_run_whole(string code)
    {
        var run = await RunAsync(code);

        Assert.Equal("succeeded", run.State);
        Assert.Contains("text/plain", run.Result!);
    }

    [Fact]
    public async Task Chained_errors_are_told_with_lines_and_relations()
    {
        var run = await RunAsync("""
            try:
                {}["price"]
            except KeyError as error:
                raise ValueError("no price") from error
            """);

        var cause = Assert.Single(run.Error!.Causes!);
        Assert.Equal((4, "raise ValueError(\"no price\") from error"), (run.Error.Line, run.Error.LineText));
        Assert.Equal(new("KeyError", "'price'", 2, "{}[\"price\"]", "cause"), cause);
    }

    [Theory]
    [InlineData("def f(): f()\nf()")]
    [InlineData("import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()")]
    public async Task Endless_recursion_says_what_it_is(string code)
    {
        var person = await shared.NewPersonAsync();

        var run = await person.RunAsync(RunCalls.Python(code) with { HeapMegabytes = 32 });

        Assert.Contains(run.State, (string[])["failed", "memory-exceeded"]);
        Assert.Contains("without end", run.Error!.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import pandas as pd\npd.DataFrame().to_parquet('x')", "reads and writes CSV")]
    [InlineData("from PIL import Image\nImage.MAX_IMAGE_PIXELS = 1\nimport io\nfile = io.BytesIO()\nImage.new('L', (9, 9)).save(file, 'PNG')\nfile.seek(0)\nImage.open(file)", "MAX_IMAGE_PIXELS")]
    [InlineData("from IPython.display import Audio", "There is no sound")]
    [InlineData("display(1)", "from llmos import display")]
    [InlineData("import pandas as pd\npd.DataFrame({'a': [1]}).style", "jinja2")]
    public async Task What_is_not_here_has_a_hint(string code, string hint)
    {
        var run = await RunAsync(code);

        Assert.Contains(hint, run.Error!.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_tell_the_hints_of_modules_and_errors()
    {
        var person = await shared.NewPersonAsync();

        using var answer = await person.Client.GetAsync("/api/v1/limits");
        var limits = await answer.ReadAsync<LimitsAnswer>();

        Assert.Contains(limits.Missing, row => row.Names.Contains("torch"));
        Assert.Contains(limits.Errors, row => row is { Error: "RecursionError", Hint.Length: > 10 });
        Assert.Contains(limits.Errors, row => row is { Error: "SyntaxError", Line: "!pip" });
    }
}
