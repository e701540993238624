import importlib.util
import os
import subprocess
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
        self.addCleanup(setattr, sys, "meta_path", [*sys.meta_path])
        self.addCleanup(vars(os).update, system=os.system, popen=os.popen)
        hints.install()

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

    def test_installers_are_missing_even_where_they_are_installed(self) -> None:
        for code in ("import pip", "from pip import main", "import ensurepip", "import runpy\nrunpy.run_module('pip')"):
            sys.modules.pop("ensurepip", None)
            self.assertIn("cannot be installed", failing(code)["message"])

    def test_what_starts_programs_says_that_it_cannot_and_of_packages_more(self) -> None:
        for call in ("os.system({})", "os.popen({})"):
            for command, hint in (("'pip install x'", "cannot be installed"), ("'/usr/bin/python3 -m pip install x'", "cannot be installed"), ("'ls'", "cannot start other programs")):
                frame = failing("import os\n" + call.format(command))
                self.assertEqual(frame["name"], "PermissionError")
                self.assertIn(hint, frame["message"])
                self.assertNotIn("hint", frame)

    def test_subprocess_says_so_too(self) -> None:
        class Refused:
            def __call__(self, *_: object) -> None:
                raise PermissionError(1, "Operation not permitted")

        self.addCleanup(setattr, subprocess, "_fork_exec", subprocess._fork_exec)
        subprocess._fork_exec = Refused()
        for command, hint in (("[sys.executable, '-m', 'pip', 'install', 'x']", "cannot be installed"), ("'pip install x', shell=True", "cannot be installed"),
                              ("['conda', 'install', 'x']", "cannot be installed"), ("['ls']", "cannot start other programs")):
            self.assertIn(hint, failing(f"import subprocess, sys\nsubprocess.run({command}, close_fds=True)")["hint"])

    def test_a_name_that_cannot_be_resolved_says_that_there_is_no_network(self) -> None:
        for kind in ("gaierror", "herror"):
            self.assertIn("no network", failing(f"import socket\nraise socket.{kind}(-3, 'x')")["hint"])

    def test_who_asks_whether_a_module_is_there_gets_no_error(self) -> None:
        self.assertIsNone(importlib.util.find_spec("qiskit"))

    def test_notebook_commands_say_what_to_do_instead(self) -> None:
        for line, hint in (("!pip install torch", "cannot be installed"), ("x = 1\n  %pip install torch", "cannot be installed"),
                           ("pip install torch", "cannot be installed"), ("!ls", "no shell"),
                           ("pip3 install torch", "cannot be installed"), ("python -m pip install torch", "cannot be installed"), ("!python3 -m pip install x", "cannot be installed"),
                           ("!{sys.executable} -m pip install x", "cannot be installed"), ("conda install torch", "cannot be installed"), ("!pip3 install x", "cannot be installed"),
                           ("files = !ls", "no shell"), ("t = %timeit f()", "no magic"), ("print?", "help(name)"), ("?print", "help(name)"), ("np.zeros??", "help(name)"), ("%timeit sum(range(9))", "no magic")):
            with self.subTest(line):
                frame = failing(line)
                self.assertIn(frame["name"], ("SyntaxError", "IndentationError"))
                self.assertIn(hint, frame["hint"])

    def test_other_syntax_errors_have_no_hint(self) -> None:
        for code in ("x = (1", "pip_count = (1", "print('really?", "x = 1 != 2 3", "condo = = 3"):
            self.assertNotIn("hint", failing(code))


if __name__ == "__main__":
    unittest.main()
