"""A program's text: compiled as a file or a notebook's cell is, and kept so that tracebacks and `inspect` find its lines."""

import ast
import collections
import inspect
import io
import linecache
import re
import types
from typing import Any

__all__ = ("Program", "install", "remember", "translate")

# Programs of a session whose lines a traceback can still show.
_REMEMBERED = 100

_names: collections.deque[str] = collections.deque()

# A semicolon behind the last value, and the indent of the first line that has one. A comment goes on to the end of its line.
_HIDDEN = re.compile(r"(?:[\s)\\]|#[^\n]*(?=\n|\Z))*;")
_INDENT = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*([ \t]+)")

# Its parts in their order, and whether the last of them gives the value to be shown.
Program = tuple[list[types.CodeType], bool]


def translate(source: str, name: str) -> Program:
    """Compile `source` as `name`: its code, and that of its last line by itself if that is an expression without a semicolon behind it.

    A byte order mark is left out, and what is indented as a whole is taken without the indent, as IPython does.

    Raises:
        SyntaxError: It is none of Python's.
    """
    source = source.removeprefix("\ufeff")
    remember(source, name)
    try:
        tree = _parse(source, name)
    except IndentationError:
        indent = _INDENT.match(source)
        if indent is None:
            raise
        source = re.sub(f"(?m)^{indent[1]}", "", source)
        try:
            tree = _parse(source, name)
        except SyntaxError:
            tree = None
        if tree is None:
            raise
        remember(source, name)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    last: ast.Expression | None = None
    is_shown = False
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        is_shown = not _HIDDEN.match(_behind(tree.body[-1], source))
        last = ast.Expression(tree.body.pop().value)
    parts = [compile(tree, name, "exec", flags, dont_inherit=True)]
    if last is not None:
        parts.append(compile(last, name, "eval", flags, dont_inherit=True))
    return parts, is_shown


def _parse(source: str, name: str) -> Any:
    return compile(source, name, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _behind(node: ast.Expr, source: str) -> str:
    """What follows `node`, the last of the program."""
    lines = _lines(source)[(node.end_lineno or 1) - 1:]
    return "".join([lines[0].encode()[node.end_col_offset:].decode(), *lines[1:]]) if lines else ""


def _lines(source: str) -> list[str]:
    """The lines as Python counts them: `str.splitlines` knows more ends than it does."""
    lines = io.StringIO(source, newline=None).readlines()
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return lines


def remember(source: str, name: str) -> None:
    if name not in _names:
        _names.append(name)
    linecache.cache[name] = (len(source), None, _lines(source), name)
    if len(_names) > _REMEMBERED:
        linecache.cache.pop(_names.popleft(), None)


def install() -> None:
    """Have `inspect.getsource` find the programs' classes as it finds their functions."""
    inspect.getfile = _getfile(inspect.getfile)


def _getfile(real: Any) -> Any:
    def getfile(object: Any) -> str:
        try:
            return str(real(object))
        except (OSError, TypeError):
            name = _defining(object) if inspect.isclass(object) and object.__module__ == "__main__" else None
            if name is None:
                raise
            return name

    return getfile


def _defining(kind: type) -> str | None:
    own = [member.__code__.co_filename for member in vars(kind).values() if isinstance(member, types.FunctionType)]
    written = re.compile(rf"^\s*class\s+{re.escape(kind.__name__)}\b", re.MULTILINE)
    names = [name for name in reversed(_names) if name in linecache.cache]
    return next((name for name in own if name in names), None) or next(
        (name for name in names if written.search("".join(linecache.getlines(name)))), None)
