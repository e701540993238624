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

    def test_whatever_module_is_missing_packages_cannot_be_installed(self) -> None:
        for name in ("no_such_module", "phonenumbers", "caas_jupyter_tools.deep"):
            self.assertIn("Packages cannot be installed", failing(f"import {name}")["message"])

    def test_code_for_newer_versions_is_told_what_is_here(self) -> None:
        for code, hint in (
            ("import numpy as np\nnp.trapezoid([1])", "np.trapz"), ("import numpy as np\nnp.no_such_thing", "numpy 1."),
            ("from itertools import batched", "Python 3.12"), ("from sklearn.metrics import root_mean_squared_error", "squared=False"),
            ("import pandas as pd\npd.date_range('2026-01-01', periods=2, freq='ME')", "pandas 1.5"), ("import pandas as pd\npd.DataFrame().map(abs)", "applymap"),
            ("import math\nmath.no_such_thing", "Here are Python 3."), ("from statistics import kde", "Here are Python 3."),
            ("import json\njson.dumps(1, no_such_keyword=2)", "Here are Python 3."), ("def first[T](items): pass", "3.12"), ("type Pair = tuple", "TypeAlias"),
        ):
            with self.subTest(code):
                self.assertIn(hint, failing(code)["hint"])

    def test_what_is_the_programs_own_is_of_no_version(self) -> None:
        for code in ("def own(): pass\nown(no_such=1)", "class Own: pass\nOwn().no_such", "import types\ntypes.SimpleNamespace().xyz_none"):
            self.assertNotIn("Here are Python", str(failing(code).get("hint")))

    def test_what_was_meant_is_told(self) -> None:
        for code, hint in (
            ("totals = 1\ntotls", "'totals'"), ("''.uper()", "'upper'"), ("import math\nmath.squrt(1)", "'sqrt'"),
            ("import pandas as pd\npd.DataFrame({'Region': [1], 'Sum': [2]})['region']", "The columns are 'Region', 'Sum'"),
        ):
            with self.subTest(code):
                self.assertRegex(failing(code)["hint"], hint)

    def test_usual_errors_have_a_hint(self) -> None:
        for code, hint in (
            ("```python\nprint(1)\n```", "Markdown"), ("import math\\nprint(1)", "escaped twice"), ("print(__file__)", "has no __file__"), ("_ + 1", "give it a name"),
            ("import asyncio\nasyncio.get_running_loop()", "await"), ("from PIL import ImageFont\nImageFont.truetype('arial.ttf')", "DejaVuSans.ttf"),
            ("import locale\nlocale.setlocale(locale.LC_ALL, 'xx_XX')", "C.UTF-8"), ("import pandas as pd\npd.DataFrame().to_markdown()", "print(df.to_string())|"),
            ("import bdb\nraise bdb.BdbQuit", "no debugger"), ("from IPython import get_ipython\nget_ipython().run_line_magic('a', '')", "no magic"),
        ):
            with self.subTest(code):
                self.assertRegex(str(failing(code).get("hint")), hint)

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
