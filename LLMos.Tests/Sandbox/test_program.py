import textwrap
import unittest
from typing import Any

import sandbox
from sandbox import printed


def outcome(told: list[Any]) -> str:
    return str(told[-1]["outcome"])


def result(told: list[Any]) -> str | None:
    return next((part["data"]["text/plain"] for part in told if isinstance(part, dict) and part["type"] == "result"), None)


def error(told: list[Any]) -> dict[str, Any]:
    return next(part for part in told if isinstance(part, dict) and part["type"] == "error")


class Output(unittest.TestCase):
    def test_all_that_is_printed_arrives_whatever_stream_the_program_puts_in_its_place(self) -> None:
        for code in (
            "import sys, io\nsys.stdout = kept = io.StringIO()\nprint('lost')\nsys.stdout = sys.__stdout__\nprint('seen')",
            "import sys, io\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')\nprint('seen')",
            "import sys, io\nsys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding='utf-8')\nprint('seen')",
            "import sys, io\nabove = io.TextIOWrapper(sys.stdout.buffer)\nprint('seen', file=above)",
            "import sys, codecs\nsys.stdout = codecs.getwriter('utf-8')(sys.stdout.buffer)\nprint('seen')",
            "import os\nlate = os.fdopen(1, 'w', closefd=False)\nprint('seen', file=late)",
            "import sys\nsys.stdout.close()\nprint('seen')",
            "import sys\nprint('seen', file=sys.__stdout__)\n1 / 0",
        ):
            with self.subTest(code):
                self.assertEqual(printed(sandbox.run(code)[0]), "seen\n")

    def test_a_stream_above_standard_output_keeps_all_of_a_flood(self) -> None:
        told = sandbox.run("import sys, io\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer)\nfor n in range(30_000): print(n)")[0]

        self.assertEqual(printed(told).splitlines(), [str(n) for n in range(30_000)])

    def test_a_stream_that_a_session_keeps_is_that_of_all_its_programs(self) -> None:
        first, second, third = sandbox.run(
            "import sys\nkept = sys.stdout\nfor n in range(400): print(n)", "for n in range(250): kept.write(f'{n}\\n')\nprint('end')", "print('more', file=kept)")

        self.assertEqual(len(printed(first).splitlines()), 400)
        self.assertEqual(printed(second).splitlines(), [*(str(n) for n in range(250)), "end"])
        self.assertEqual(printed(third), "more\n")

    def test_what_a_session_holds_above_standard_output_is_written_at_each_end(self) -> None:
        told = sandbox.run("import sys, io\nabove = io.TextIOWrapper(sys.stdout.buffer)\nabove.write('one')", "above.write('two')", "pass")

        self.assertEqual([printed(one) for one in told], ["one", "two", ""])

    def test_the_next_program_finds_streams_as_they_were_made(self) -> None:
        for spoiling in ("sys.stdout.detach()", "sys.stdout.reconfigure(encoding='ascii', errors='strict')", "sys.stderr.detach()", "sys.stdout = sys.stderr = None", "sys.stdin.close()", "import os\nos.close(0)"):
            with self.subTest(spoiling):
                told = sandbox.run(f"import sys\n{spoiling}; None", "print('é')\nprint('e', file=sys.stderr)\nlen(input())", stdin="abc\n")[1]

                self.assertEqual((printed(told), printed(told, "stderr"), result(told)), ("é\n", "e\n", "3"))

    def test_standard_error_is_the_workers_own_too(self) -> None:
        told = sandbox.run("import sys, io\nprint('a', file=sys.__stderr__)\nsys.stderr = io.TextIOWrapper(sys.stderr.buffer)\nprint('b', file=sys.stderr)")[0]

        self.assertEqual(printed(told, "stderr"), "a\nb\n")


class Input(unittest.TestCase):
    def test_it_is_descriptor_0_however_it_is_read(self) -> None:
        text = "".join(f"{n}\n" for n in range(60_000))  # more than a pipe holds
        for code in (
            "sys.stdin.read()", "sys.stdin.buffer.read().decode()", "sys.__stdin__.read()", "''.join(sys.stdin)",
            "''.join(iter(lambda: os.read(0, 5_000).decode(), ''))", "io.FileIO(0, closefd=False).read(6).decode() + sys.stdin.read()",
        ):
            with self.subTest(code):
                told = sandbox.run(f"import io, os, sys\ntext = {code}\nprint(len(text), text[-6:])", stdin=text)[0]
                self.assertEqual(printed(told), f"{len(text)} 59999\n\n")

    def test_a_program_without_any_finds_its_end(self) -> None:
        told = sandbox.run("import os, sys\nprint(os.read(0, 9), sys.stdin.fileno(), sys.stdin.read())\ninput()")[0]

        self.assertEqual((printed(told), error(told)["name"]), ("b'' 0 \n", "EOFError"))

    def test_each_program_of_a_session_reads_its_own_from_the_beginning(self) -> None:
        told = sandbox.run("input()", "import sys\nsys.stdin.read()", stdin="first\nrest\n")

        self.assertEqual([result(one) for one in told], ["'first'", "'first\\nrest\\n'"])


class Text(unittest.TestCase):
    def test_a_byte_order_mark_and_an_indent_of_the_whole_are_left_out(self) -> None:
        for code in ("\ufeff6 * 7", "    x = 6\n    x * 7\n    ", "\n  # six\n\n  if True:\n      x = 6\n  x * 7", "\tx = 6\n\tx * 7"):
            with self.subTest(code):
                self.assertEqual(result(sandbox.run(code)[0]), "42")

    def test_an_indent_of_a_part_is_an_error(self) -> None:
        self.assertEqual(error(sandbox.run("x = 1\n  y = 2")[0])["name"], "IndentationError")

    def test_a_semicolon_behind_the_last_value_hides_it(self) -> None:
        for code, shown in (("5;", None), ("(5) ;  # hidden", None), ("5  # shown; yes", "5"), ("x = 1; 5", "5"), ("[1,\n 2];\n\n# end", None), ("';'", "';'")):
            with self.subTest(code):
                self.assertEqual(result(sandbox.run(code)[0]), shown)

    def test_lines_end_where_pythons_do(self) -> None:
        for end in ("\u2028", "\x0c", "\x0b", "\x1c", "\x85"):
            with self.subTest(repr(end)):
                told = sandbox.run(f"text = 'a{end}b'\nx = 1\n1 / 0" if end.isprintable() or end == "\u2028" else f"# a{end}b\nx = 1\n1 / 0")[0]
                self.assertEqual((error(told)["line"], error(told)["lineText"]), (3, "1 / 0"))

    def test_the_source_of_classes_and_functions_of_each_program_is_there(self) -> None:
        told = sandbox.run("class Empty:\n    pass\ndef f():\n    return 1", "class Full:\n    def g(self): return 2", "import inspect\n[inspect.getsource(thing) for thing in (Empty, f, Full)]")

        self.assertEqual(result(told[2]), str(["class Empty:\n    pass\n", "def f():\n    return 1\n", "class Full:\n    def g(self): return 2\n"]))

    def test_arguments_are_the_programs_name_alone_and_each_programs_own(self) -> None:
        told = sandbox.run("import sys\nsys.argv.append('left')", "import sys, argparse\nargparse.ArgumentParser().parse_args()\nsys.argv")

        self.assertEqual(result(told[1]), "['<program>']")


class Surroundings(unittest.TestCase):
    def test_arguments_environment_and_file_are_those_of_the_request(self) -> None:
        told = sandbox.run({
            "code": "import os, sys\nprint(sys.argv, os.environ['MODE'], os.getenv('HOME_OF'), __file__, sys.path[0])",
            "path": "team/tools/report.py", "arguments": ["--year", "2026", ""], "environment": {"MODE": "fast", "HOME_OF": "é"},
        })[0]

        self.assertEqual(printed(told), "['/team/tools/report.py', '--year', '2026', ''] fast é /team/tools/report.py /team/tools\n")

    def test_they_are_no_more_the_next_programs_but_a_working_folder_stays(self) -> None:
        told = sandbox.run(
            {"code": "import os, sys\nos.environ['OWN'] = 'kept'", "path": "user/a/b.py", "arguments": ["1"], "environment": {"LANG": "x", "NEW": "y"},
             "workingFolder": "team/data"},
            "from llmos import places\nprint(sys.argv, os.environ['LANG'] == 'x', 'NEW' in os.environ, os.environ['OWN'], '__file__' in globals(), '/user/a' in sys.path, places.current())",
            {"code": "print(places.current())", "workingFolder": "user"})

        self.assertEqual(printed(told[1]), "['<program>'] False False kept False False /team/data\n")
        self.assertEqual(printed(told[2]), "/user\n")

    def test_a_traceback_names_the_file_and_shows_the_text_that_ran(self) -> None:
        told = sandbox.run({"code": "def halve(x):\n    return x / 0", "path": "user/maths 2.py"}, "halve(4)")

        self.assertEqual((error(told[1])["line"], error(told[1])["lineText"]), (1, "halve(4)"))
        self.assertIn('File "/user/maths 2.py", line 2, in halve\n    return x / 0', error(told[1])["traceback"])

    def test_an_error_in_the_file_has_its_line(self) -> None:
        for code, line in (("x = 1\nx / 0", 2), ("x = 1\nx = (", 2)):
            with self.subTest(code):
                self.assertEqual(error(sandbox.run({"code": code, "path": "team/a.py"})[0])["line"], line)


class Ends(unittest.TestCase):
    def test_what_the_program_held_is_let_go_and_finds_what_it_uses(self) -> None:
        code = textwrap.dedent("""
            import os
            class Held:
                def __del__(self): print(os.sep, helped())
            def helped(): return "helped"
            held = Held()
            held.itself = held
            many = [[] for _ in range(5000)]  # a program that made little is not looked through for cycles
            def steps():
                try:
                    yield 1
                finally:
                    print("closed")
            open_steps = steps()
            next(open_steps)
            print("end")
            """)
        for end in ("", "1 / 0\n"):
            with self.subTest(end):
                lines = printed(sandbox.run(code + end)[0]).splitlines()
                self.assertEqual((lines[0], sorted(lines[1:])), ("end", ["/ helped", "closed"]))

    def test_what_a_session_holds_stays(self) -> None:
        told = sandbox.run("class Held:\n    def __del__(self): print('gone')\nheld = Held()", "type(held).__name__")

        self.assertEqual((printed(told[0]) + printed(told[1]), result(told[1])), ("", "'Held'"))

    def test_a_value_whose_text_fails_tells_where(self) -> None:
        told = sandbox.run("class Broken:\n    def __repr__(self):\n        return 1 / 0\nBroken()")[0]

        self.assertIn("line 3", printed(told, "stderr"))
        self.assertIn("ZeroDivisionError", printed(told, "stderr"))

    def test_a_coroutine_that_nothing_awaited_is_told(self) -> None:
        self.assertIn("never awaited", printed(sandbox.run("async def main(): pass\nmain()")[0], "stderr"))

    def test_the_programs_own_hook_for_errors_is_called(self) -> None:
        told = sandbox.run("import sys\nsys.excepthook = lambda kind, value, trace: print('hooked', kind.__name__)\n[][1]")[0]

        self.assertEqual((printed(told), error(told)["name"]), ("hooked IndexError\n", "IndexError"))

    def test_a_status_is_a_number(self) -> None:
        self.assertEqual(error(sandbox.run("raise SystemExit(True)")[0])["message"], "exit status 1")

    def test_variables_of_a_context_are_the_same_for_what_awaits_and_what_does_not(self) -> None:
        told = sandbox.run("import contextvars\nkind = contextvars.ContextVar('kind')\nasync def put(value): kind.set(value)\nkind.set('plain'); None",
                           "async def get(): return kind.get()\nawait get()", "kind.set(await get() + '!'); None", "kind.get()")

        self.assertEqual([result(one) for one in told], [None, "'plain'", None, "'plain!'"])


if __name__ == "__main__":
    unittest.main()
