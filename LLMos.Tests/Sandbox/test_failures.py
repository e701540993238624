import sys
import unittest
from typing import Any

import sandbox  # noqa: F401  (puts the sandbox's packages on the path)
from llmos import failures

NAME = "<program>"


def failing(source: str) -> dict[str, Any]:
    import linecache

    linecache.cache[NAME] = (len(source), None, source.splitlines(keepends=True), NAME)
    try:
        exec(compile(source, NAME, "exec"), {})
    except BaseException as error:
        return failures.describe(error, NAME)
    raise AssertionError(f"{source!r} did not fail")


class Causes(unittest.TestCase):
    def test_an_error_tells_its_line_and_what_stands_there(self) -> None:
        frame = failing("def half(n):\n    return n / 0\nhalf(1)")

        self.assertEqual((frame["line"], frame["lineText"]), (2, "return n / 0"))
        self.assertNotIn("causes", frame)

    def test_the_part_of_the_line_is_marked(self) -> None:
        self.assertIn("    x['a']['b'] + 1\n    ~~~~~~^^^^^\n", failing("x = {'a': 1}\nx['a']['b'] + 1\n")["traceback"])

    def test_the_users_own_files_and_texts_are_in_it_and_libraries_are_not(self) -> None:
        for name, is_told in (("<string>", True), ("/user/lib/m.py", True), ("/team/m.py", True), ("notes.py", True),
                              ("/usr/lib/python3/m.py", False), ("<frozen x>", False), ("pandas/_libs/x.pyx", False), ("/users/m.py", False)):
            with self.subTest(name):
                traceback = failing(f"exec(compile('def f():\\n    [].pop()\\nf()', {name!r}, 'exec'))")["traceback"]
                self.assertEqual(f'File "{name}", line 2, in f' in traceback, is_told)

    def test_what_it_was_raised_from_is_its_cause(self) -> None:
        frame = failing("try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError('no column') from error")

        self.assertEqual((frame["name"], frame["line"]), ("ValueError", 4))
        self.assertEqual(frame["causes"], [{"name": "KeyError", "message": "'a'", "line": 2, "lineText": "{}['a']", "relation": "cause"}])

    def test_what_was_handled_meanwhile_is_told_unless_it_is_suppressed(self) -> None:
        during = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError"

        self.assertEqual([cause["relation"] for cause in failing(during)["causes"]], ["handling"])
        self.assertNotIn("causes", failing(during + " from None"))

    def test_members_of_a_group_are_told(self) -> None:
        frame = failing("raise ExceptionGroup('two', [ValueError(1), ExceptionGroup('in it', [TypeError(2)])])")

        self.assertEqual([(cause["name"], cause["relation"]) for cause in frame["causes"]],
                         [("ValueError", "member"), ("ExceptionGroup", "member"), ("TypeError", "member")])

    def test_of_very_many_sixteen_are_told(self) -> None:
        chain = "error = None\nfor n in range(3000):\n    try:\n        raise ValueError(n) from error\n    except ValueError as caught:\n        error = caught\nraise error"

        self.assertEqual(len(failing(chain)["causes"]), 16)
        self.assertEqual(len(failing("raise ExceptionGroup('many', [ValueError(n) for n in range(1000)])")["causes"]), 16)

    def test_a_chain_that_goes_round_ends(self) -> None:
        frame = failing("a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a")

        self.assertLessEqual(len(frame["causes"]), 2)

    def test_the_hint_of_a_cause_is_the_hint(self) -> None:
        frame = failing("try:\n    raise RecursionError('deep')\nexcept RecursionError as error:\n    raise ValueError from error")

        self.assertIn("without end", frame["hint"])

    def test_pictures_too_large_have_a_hint(self) -> None:
        frame = failing("from PIL import Image\nraise Image.DecompressionBombError('too many')")

        self.assertIn("MAX_IMAGE_PIXELS", frame["hint"])

    def test_a_deep_stack_is_told_by_its_ends(self) -> None:
        limit = sys.getrecursionlimit()
        self.addCleanup(sys.setrecursionlimit, limit)
        frame = failing("import sys\nsys.setrecursionlimit(60_000)\ndef down(n):\n    if n == 0: raise ValueError('bottom')\n    down(n - 1)\ndown(50_000)")

        self.assertEqual((frame["line"], frame["lineText"]), (4, "if n == 0: raise ValueError('bottom')"))
        self.assertIn("more calls", frame["traceback"])
        self.assertLess(len(frame["traceback"]), 4_000)

    def test_an_error_that_lies_about_its_members_is_described(self) -> None:
        source = "class Lying(Exception):\n    @property\n    def exceptions(self): raise RuntimeError\nraise Lying('x')"

        self.assertEqual(failing(source)["name"], "Lying")


if __name__ == "__main__":
    unittest.main()
