"""Runs one program in this process and reports what became of it."""

import ast
import asyncio
import atexit
import functools
import gc
import inspect
import io
import linecache
import mmap
import signal
import sys
import types
from collections.abc import Callable
from typing import Any

from llmos import failures, files, hints, line
from llmos.display import bundle_of
from llmos.streams import ErrorStream, OutputStream

__all__ = ("NAME", "prepare", "warm_up")

NAME = "<program>"

# Given back when memory has run out, so that there is some to say so with. Never touched, so it costs no memory.
_RESERVE_BYTES = 2 * 1024 * 1024


def warm_up() -> None:
    """Build, before the fork, what the first program would build: fonts, tables, caches."""
    import matplotlib

    matplotlib.use("module://llmos.figures")
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd

    figure, axes = plt.subplots()
    axes.plot([1, 2], label="line")
    axes.set_title("title")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png")
    plt.close("all")
    repr(np.zeros(3))
    bundle_of(pd.DataFrame({"a": [1.5], "b": ["x"]}))
    compile("x = [i for i in range(3)]", NAME, "exec", ast.PyCF_ONLY_AST)
    try:
        raise ValueError
    except ValueError as error:
        failures.describe(error, NAME)
    # The packages' own farewells are not a program's: they would only take time at its end.
    atexit._clear()


def prepare(channel: Any) -> Callable[[dict[str, Any]], None]:
    """Do, while the worker waits, all that does not depend on the program, and return what runs it."""
    reserve = mmap.mmap(-1, _RESERVE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    output = OutputStream(lambda: channel.send({"type": "buffering"}))
    line.connect(channel, output.flush)
    sys.stdout = output
    sys.stderr = ErrorStream(line.send)
    signal.signal(signal.SIGUSR2, output.gathered)
    hints.install()
    files.install()
    # The pages that a compilation writes to are this process's own from here on: a quarter of a short run.
    _compile("0")
    return functools.partial(_run, channel, output, reserve)


def _run(channel: Any, output: OutputStream, reserve: mmap.mmap, request: dict[str, Any]) -> None:
    """Execute the program of a `run` request as `__main__` and send its result or error, then `ended`."""
    sys.stdin = io.TextIOWrapper(io.BytesIO((request["stdin"] or "").encode("utf-8", "replace")), encoding="utf-8")
    outcome = "succeeded"
    try:
        try:
            value = _execute(request["code"])
            _finish()
            if value is not None:
                line.send({"type": "result", "data": bundle_of(value)})
        except SystemExit as leaving:
            outcome = _leave(leaving)
    except BaseException as error:
        reserve.close()
        outcome = _fail(error)
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGUSR2))
    line.send({"type": "ended", "outcome": outcome})


def _execute(source: str) -> Any:
    """Run `source` and return the value of its last line, if that is an expression. Top-level `await` works."""
    linecache.cache[NAME] = (len(source), None, source.splitlines(keepends=True), NAME)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = module.__dict__
    parts = _compile(source)
    if not any(part.co_flags & inspect.CO_COROUTINE for part in parts):
        return _last_of([eval(part, namespace) for part in parts])

    async def in_order() -> Any:
        value = None
        for part in parts:
            value = eval(part, namespace)
            if part.co_flags & inspect.CO_COROUTINE:
                value = await value
        return value if len(parts) > 1 else None

    return asyncio.run(in_order())


def _compile(source: str) -> list[types.CodeType]:
    """Return the program's code, and that of its last line by itself if it is an expression."""
    tree = compile(source, NAME, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    last: ast.Expression | None = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    parts = [compile(tree, NAME, "exec", flags, dont_inherit=True)]
    if last is not None:
        parts.append(compile(last, NAME, "eval", flags, dont_inherit=True))
    return parts


def _last_of(values: list[Any]) -> Any:
    return values[-1] if len(values) > 1 else None


def _finish() -> None:
    """What the interpreter would do at its end: figures that nobody showed, the program's exit handlers."""
    if "matplotlib.pyplot" in sys.modules:
        from llmos.figures import show

        show()
    atexit._run_exitfuncs()


def _leave(leaving: SystemExit) -> str:
    _finish()
    is_status = isinstance(leaving.code, int)
    if leaving.code is None or (is_status and leaving.code == 0):
        return "succeeded"
    message = failures.text_of(leaving.code)
    message = f"exit status {message}" if is_status else message
    line.send({"type": "error", "name": "SystemExit", "message": message, "traceback": f"SystemExit: {message}"})
    return "failed"


def _fail(error: BaseException) -> str:
    outcome = "memory" if isinstance(error, MemoryError) else "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    try:
        frame = failures.describe(error, NAME)
    except MemoryError:
        error.__traceback__ = None  # lets go of what the program's frames hold
        gc.collect()
        frame = failures.describe(error, NAME)
    except Exception:
        frame = failures.INDESCRIBABLE
    line.send(frame)
    return outcome
