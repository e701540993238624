import importlib.util
import sys
import unittest

import sandbox  # noqa: F401  (puts the sandbox's packages on the path)
from llmos import failures, hints


def failing(source: str) -> dict:
    try:
        exec(compile(source, "<program>", "exec"), {})
    except BaseException as error:
        return failures.describe(error, "<program>")
    raise AssertionError(f"{source!r} did not fail")


class Hints(unittest.TestCase):
    def setUp(self) -> None:
        hints.install()
        self.addCleanup(sys.meta_path.pop)

    def test_each_missing_module_is_named_once_with_a_sentence(self) -> None:
        names = [name for row in hints._TABLE["modules"] for name in row["names"]]

        self.assertEqual(len(names), len(set(names)))
        self.assertGreaterEqual(len(names), 100)
        for row in hints._TABLE["modules"] + hints._TABLE["errors"]:
            self.assertRegex(row["hint"], r"^[A-Z].{10,200}\.$|^[a-z].{10,200}\.$")

    def test_nothing_that_is_here_is_called_missing(self) -> None:
        here = {"numpy", "scipy", "pandas", "matplotlib", "sklearn", "networkx", "sympy", "PIL", "mpl_toolkits", "llmos"} | sys.stdlib_module_names

        self.assertEqual({name for row in hints._TABLE["modules"] for name in row["names"]} & here, {"turtle", "tkinter", "venv", "ensurepip"})

    def test_import_of_a_missing_module_says_what_is_here_instead(self) -> None:
        self.assertIn("scikit-learn", failing("import torch.nn")["message"])
        self.assertIn("llmos.progress", failing("from tqdm import tqdm")["message"])

    def test_module_of_no_hint_is_missing_as_always(self) -> None:
        self.assertEqual(failing("import no_such_module")["message"], "No module named 'no_such_module'")

    def test_who_asks_whether_a_module_is_there_gets_no_error(self) -> None:
        self.assertIsNone(importlib.util.find_spec("qiskit"))

    def test_notebook_commands_say_what_to_do_instead(self) -> None:
        for line, hint in (("!pip install torch", "cannot be installed"), ("x = 1\n  %pip install torch", "cannot be installed"),
                           ("pip install torch", "cannot be installed"), ("!ls", "no shell"), ("%timeit sum(range(9))", "no magic")):
            with self.subTest(line):
                frame = failing(line)
                self.assertIn(frame["name"], ("SyntaxError", "IndentationError"))
                self.assertIn(hint, frame["hint"])

    def test_other_syntax_errors_have_no_hint(self) -> None:
        self.assertNotIn("hint", failing("x = (1"))


if __name__ == "__main__":
    unittest.main()
