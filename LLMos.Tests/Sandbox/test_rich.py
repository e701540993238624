import base64
import contextlib
import io
import os
import unittest
import warnings
from typing import Any

import sandbox  # noqa: F401  (puts the sandbox's packages on the path)
import matplotlib

matplotlib.use("module://llmos.figures")
import matplotlib.pyplot as plt  # noqa: E402
import networkx  # noqa: E402
import numpy  # noqa: E402
import pandas  # noqa: E402
import sympy  # noqa: E402
from llmos import figures, fonts, hints, tables  # noqa: E402
from llmos.display import bundle_of, shows_itself  # noqa: E402
from llmos_bootstrap.frames import MAX_FRAME_BYTES  # noqa: E402
from PIL import Image  # noqa: E402


def made(methods: dict[str, Any]) -> Any:
    return type("Made", (), methods)()


def told_of(thing: Any) -> tuple[dict[str, str], str]:
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        return bundle_of(thing), errors.getvalue()


class Protocol(unittest.TestCase):
    def test_each_method_gives_its_type(self) -> None:
        bundle = bundle_of(made({
            "_repr_jpeg_": lambda self: b"\xff\xd8", "_repr_svg_": lambda self: "<svg/>", "_repr_latex_": lambda self: "$x$",
            "_repr_json_": lambda self: {"a": 1}, "_repr_markdown_": lambda self: ("# a", {"isolated": True}),
        }))

        self.assertEqual(set(bundle), {"image/jpeg", "image/svg+xml", "text/latex", "application/json", "text/markdown", "text/plain"})
        self.assertEqual((bundle["image/jpeg"], bundle["text/markdown"]), ("/9g=", "# a"))

    def test_a_mime_bundle_is_asked_as_jupyter_asks_and_wins_over_the_methods(self) -> None:
        asked = []

        def offer(self, include, exclude):
            asked.append((include, exclude))
            return {"text/html": "offered", "text/plain": "plain"}, {"text/html": {"isolated": True}}

        bundle = bundle_of(made({"_repr_mimebundle_": offer, "_repr_html_": lambda self: "own"}))

        self.assertEqual((asked, bundle), ([(None, None)], {"text/html": "offered", "text/plain": "plain"}))

    def test_wrong_types_are_left_out(self) -> None:
        for value in (None, 7, b"bytes", ["x"], (1, 2, 3), object()):
            with self.subTest(repr(value)):
                self.assertEqual(list(bundle_of(made({"_repr_html_": lambda self, value=value: value}))), ["text/plain"])
                self.assertEqual(list(bundle_of(made({"_repr_mimebundle_": lambda self, value=value, **_: {"text/html": value}}))), ["text/plain"])

    def test_what_raises_is_told_and_the_value_is_shown(self) -> None:
        def fail(self):
            raise ValueError("no table")

        bundle, told = told_of(made({"_repr_html_": fail, "__repr__": lambda self: "the value"}))

        self.assertEqual((bundle, told), ({"text/plain": "the value"}, "Made._repr_html_ raised ValueError: no table\n"))

    def test_names_of_types_are_names_of_types(self) -> None:
        offered = {"text/html": "a", "x" * 500 + "/y": "b", "no type": "c", 7: "d", "application/vnd.a+json": {"k": [1]}}

        bundle = bundle_of(made({"_repr_mimebundle_": lambda self, **_: offered}))

        self.assertEqual(set(bundle), {"text/html", "application/vnd.a+json", "text/plain"})

    def test_an_object_that_answers_to_everything_means_nothing_by_it(self) -> None:
        self.assertEqual(list(bundle_of(made({"__getattr__": lambda self, name: lambda *_, **__: "answer"}))), ["text/plain"])

    def test_json_that_goes_round_in_circles_is_left_out(self) -> None:
        circle: list[Any] = []
        circle.append(circle)

        self.assertEqual(list(told_of(made({"_repr_json_": lambda self: circle}))[0]), ["text/plain"])

    def test_whatever_is_offered_fits_a_frame(self) -> None:
        flood = {f"application/x-{number}": "\0" * 1_000_000 for number in range(40)} | {"image/png": b"x" * 20_000_000}

        bundle = bundle_of(made({"_repr_mimebundle_": lambda self, **_: flood, "__repr__": lambda self: "\0" * 10_000_000}))

        import json
        self.assertLess(len(json.dumps({"type": "result", "data": bundle}, ensure_ascii=False).encode()), MAX_FRAME_BYTES)
        self.assertIn("left out", bundle["text/plain"])


class Values(unittest.TestCase):
    def test_a_formula_is_latex_also_in_containers_but_not_beside_text(self) -> None:
        x = sympy.Symbol("x")

        self.assertIn("x^{2}", bundle_of(x**2)["text/latex"])
        for thing in ([x, 1], {x: x**2}, (sympy.Matrix([[x]]), [x])):
            self.assertIn("\\displaystyle", bundle_of(thing)["text/latex"])
        for thing in (["x", x], [1, 2], [], [x] * 500):
            self.assertNotIn("text/latex", bundle_of(thing))

    def test_a_container_of_itself_is_no_formula(self) -> None:
        circle: list[Any] = [sympy.Symbol("x")]
        circle.append(circle)

        self.assertEqual(list(bundle_of(circle)), ["text/plain"])

    def test_a_large_array_is_short_and_tells_its_shape(self) -> None:
        for array in (numpy.zeros((1000, 1000)), numpy.zeros((2,) * 18), numpy.zeros((6,) * 6)):
            with numpy.printoptions(threshold=10**9):
                text = bundle_of(array)["text/plain"]
            self.assertLess(len(text), 5_000)
            self.assertTrue(text.endswith(f"shape {array.shape}, dtype float64"), text[-200:])
        self.assertEqual(bundle_of(numpy.arange(3)), {"text/plain": "array([0, 1, 2])"})
        self.assertLess(len(bundle_of(numpy.array(["x" * 1_000_000]))["text/plain"]), 25_000)

    def test_an_array_is_as_long_as_the_program_asks_for(self) -> None:
        with numpy.printoptions(threshold=3_000):
            self.assertIn(" 777,", bundle_of(numpy.arange(1_500))["text/plain"])
        self.assertIn("shape (1500,)", bundle_of(numpy.arange(1_500))["text/plain"])

    def test_a_picture_is_a_png_of_a_bounded_size(self) -> None:
        for mode in ("1", "L", "P", "RGBA", "CMYK", "F", "HSV", "I"):
            with self.subTest(mode):
                self.assertTrue(bundle_of(Image.new(mode, (4, 3)))["image/png"].startswith("iVBOR"))
        bundle, told = told_of(Image.new("L", (8192, 8192)))
        self.assertEqual(Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).size, (4096, 4096))
        self.assertIn("1/2 of its size", told)

    def test_a_graph_is_a_short_text(self) -> None:
        self.assertEqual(bundle_of(networkx.path_graph(3)), {"text/plain": "Graph with 3 nodes and 2 edges"})


    def test_what_shows_itself_is_asked_to(self) -> None:
        shown = []

        self.assertTrue(shows_itself(made({"_ipython_display_": lambda self: shown.append(1)})))
        self.assertFalse(shows_itself(made({})))
        self.assertEqual(shown, [1])


class Tables(unittest.TestCase):
    def test_a_series_is_a_table_with_its_length_and_type(self) -> None:
        bundle = bundle_of(pandas.Series([1.5, 2], name="people"))

        self.assertIn("<td>1.5</td>", bundle["text/html"])
        self.assertEqual(bundle["text/markdown"].splitlines(), ["| | people |", "| --- | --- |", "| 0 | 1.5 |", "| 1 | 2.0 |", "", "2 values, float64"])

    def test_digits_are_those_that_pandas_prints(self) -> None:
        frame = pandas.DataFrame({"id": [20000001.0, 20000003.0], "paid": [7654321.98, 12345678.05], "at": [48.137154, 11.576124], "mixed": [1.23456789, "a|b"]},
                                 index=[7654321.25, 3.5])

        cells = [[cell.strip() for cell in row.split(" | ")] for row in bundle_of(frame)["text/markdown"].splitlines()[2:4]]

        self.assertEqual([row[1:4] for row in cells], [["20000001.0", "7654321.98", "48.137154"], ["20000003.0", "12345678.05", "11.576124"]])
        self.assertEqual([row[0] for row in cells], ["| 7654321.25", "| 3.50"])
        self.assertEqual([row[4] for row in cells], ["1.234568 |", "a\\|b |"])

    def test_digits_and_numbers_of_rows_and_columns_are_those_that_the_program_asks_for(self) -> None:
        frame = pandas.DataFrame(numpy.full((30, 30), 2.71828), columns=[f"c{n}" for n in range(30)])
        with pandas.option_context("display.precision", 2, "display.max_columns", None, "display.max_rows", None):
            bundle = bundle_of(frame)
        markdown = bundle["text/markdown"].splitlines()
        self.assertEqual((len(markdown), markdown[2].count("2.72")), (34, 30))
        self.assertIn("<th>c29</th>", bundle["text/html"])
        with pandas.option_context("display.float_format", "{:,.1f}".format):
            self.assertIn("| 0 | 1,234.5 |", bundle_of(pandas.DataFrame({"a": [1234.51]}))["text/markdown"])

    def test_a_tables_size_is_bounded_whatever_the_program_asks_for(self) -> None:
        with pandas.option_context("display.max_columns", None, "display.max_rows", None, "display.max_colwidth", None):
            lines = tables._table(pandas.DataFrame([["x" * 2_000] * 110] * 210)).splitlines()
        self.assertEqual((len(lines), lines[0].count("|"), max(map(len, lines)) < 101 * 1_010), (202, 102, True))

    def test_levels_of_an_index_share_a_cell(self) -> None:
        frame = pandas.DataFrame([[1, 2]], columns=pandas.MultiIndex.from_tuples([("a", "x"), ("a", "y")]),
                                 index=pandas.MultiIndex.from_tuples([(2026, "Q1")], names=["year", "quarter"]))

        self.assertEqual(bundle_of(frame)["text/markdown"].splitlines()[0::2], ["| year / quarter | a / x | a / y |", "| 2026 / Q1 | 1 | 2 |", "1 rows × 2 columns"])

    def test_columns_of_one_name_are_both_there(self) -> None:
        self.assertIn("| 0 | 1 | 2 |", bundle_of(pandas.DataFrame([[1, 2]], columns=["a", "a"]))["text/markdown"])

    def test_a_wide_frame_is_cut_in_html_too(self) -> None:
        self.assertLess(bundle_of(pandas.DataFrame(numpy.zeros((2, 300))))["text/html"].count("<td"), 50)

    def test_cells_that_raise_or_are_huge_leave_a_table(self) -> None:
        def fail(self):
            raise RuntimeError

        bundle, _ = told_of(pandas.DataFrame({"a": [made({"__str__": fail, "__repr__": fail}), "x" * 10_000_000]}))

        self.assertIn("<Made whose str raised RuntimeError>", bundle["text/markdown"])
        self.assertLess(sum(map(len, bundle.values())), 10_000)


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        fonts.install()
        figures.install()

    def setUp(self) -> None:
        self.addCleanup(plt.close, "all")
        self.addCleanup(matplotlib.rcdefaults)

    def test_a_figure_that_pyplot_does_not_know_is_a_picture(self) -> None:
        self.assertIn("image/png", bundle_of(matplotlib.figure.Figure()))

    def test_a_figure_that_was_shown_is_a_picture_again_when_it_changes(self) -> None:
        figure, axes = plt.subplots()
        plt.show()
        self.assertEqual(list(bundle_of(figure)), ["text/plain"])
        axes.set_title("changed")
        self.assertIn("image/png", bundle_of(figure))

    def test_one_shown_by_itself_is_not_shown_by_pyplot_too(self) -> None:
        from llmos import display

        display(plt.figure())
        self.assertEqual(plt.get_fignums(), [])

    def test_a_figure_is_svg_when_asked(self) -> None:
        plt.rcParams["savefig.format"] = "svg"
        bundle = bundle_of(matplotlib.figure.Figure())
        self.assertEqual(set(bundle), {"image/svg+xml", "text/plain"})
        self.assertIn("<svg", bundle["image/svg+xml"])

    def test_what_was_shown_is_what_is_saved_after_it(self) -> None:
        saved = io.BytesIO()
        plt.figure(figsize=(3, 2))
        plt.show()
        plt.savefig(saved)
        self.assertEqual((Image.open(saved).size, plt.get_fignums()), ((300, 200), []))

    def test_whatever_backend_a_program_chooses_figures_are_shown(self) -> None:
        for name in ("Agg", "TkAgg", "module://matplotlib_inline.backend_inline"):
            matplotlib.use(name)
            figure = plt.figure()
            figure.show()
            self.assertEqual((plt.get_fignums(), list(bundle_of(figure))), ([], ["text/plain"]))
        with self.assertRaises(ValueError):
            matplotlib.use("no backend")

    def test_text_of_all_the_world_is_drawn(self) -> None:
        if not all(map(os.path.exists, fonts._FILES)):
            self.fail("fonts-droid-fallback and fonts-tlwg-waree-ttf are not installed: scripts/packages.sh has them")
        for family in ("sans-serif", "SimHei", ["No such font"]):
            figure = plt.figure()
            figure.text(0, 0, "温度 気温 기온 อุณหภูมิ", family=family)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                figures.representations(figure)["image/png"]()

    def test_a_figure_too_large_is_drawn_smaller_and_says_so(self) -> None:
        for size in ((3, 3000), (300, 300)):
            bundle, told = told_of(matplotlib.figure.Figure(figsize=size))
            width, height = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).size
            self.assertLessEqual(width * height, 4096 * 4096)
            self.assertLessEqual(height, 16_384)
            self.assertIn("instead of 100 dots per inch", told)

    def test_an_svg_too_large_is_a_png(self) -> None:
        plt.rcParams["savefig.format"] = "svg"
        figure, axes = plt.subplots()
        axes.scatter(*numpy.random.default_rng(1).normal(size=(2, 60_000)))
        bundle, told = told_of(figure)
        self.assertIn("image/png", bundle)
        self.assertIn("is sent as PNG", told)


class Notebook(unittest.TestCase):
    def setUp(self) -> None:
        hints.install()

    def test_what_programs_import_of_ipython_shows_the_same(self) -> None:
        from IPython import __version__, get_ipython
        from IPython.core.display import HTML as OldHTML  # noqa: N811
        from IPython.display import HTML, Image as Picture, Markdown, Math, display

        self.assertIsNone(get_ipython())
        self.assertTrue(__version__)
        self.assertIs(OldHTML, HTML)
        self.assertEqual(bundle_of(HTML("<b>x</b>"))["text/html"], "<b>x</b>")
        self.assertEqual(bundle_of(Markdown("# a"))["text/markdown"], "# a")
        self.assertEqual(bundle_of(Math("x^2"))["text/latex"], "$\\displaystyle x^2$")
        self.assertIn("image/jpeg", bundle_of(Picture(data=b"\xff\xd8\xff\xe0")))
        self.assertIsNone(display())
        with self.assertRaisesRegex(ValueError, "Let your caller fetch it"):
            Picture(url="https://example.org/a.png")


if __name__ == "__main__":
    unittest.main()
