"""Runs programs in this process, one alone or a session's one after another, and reports what became of each."""

import ast
import asyncio
import atexit
import collections
import contextlib
import ctypes
import gc
import inspect
import io
import linecache
import mmap
import signal
import sys
import tempfile
import types
from collections.abc import Callable
from typing import Any

from llmos import array_files, callbacks, calls, failures, files, hints, line, modules, opening, variables
from llmos.display import bundle_of
from llmos.streams import ErrorStream, OutputStream

__all__ = ("NAME", "prepare", "warm_up")

NAME = "<program>"

# Given back when memory has run out, so that there is some to say so with. Never touched, so it costs no memory.
_RESERVE_BYTES = 2 * 1024 * 1024

# Programs of a session whose lines a traceback can still show.
_REMEMBERED_SOURCES = 100

_SIGNALS = (signal.SIGINT, signal.SIGUSR2)

_libc = ctypes.CDLL(None)


def warm_up() -> None:
    """Build, before the fork, what the first program would build: fonts, tables, caches."""
    import matplotlib

    matplotlib.use("module://llmos.figures")
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd
    import sympy
    from sklearn.utils.fixes import threadpool_info

    threadpool_info()  # looks for the libraries with a process of its own, which no run can start
    figure, axes = plt.subplots()
    axes.plot([1, 2], label="line")
    axes.set_title("title")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png")
    plt.close("all")
    repr(np.zeros(3))
    frame = pd.DataFrame({"a": [1.5], "b": ["x"]})
    bundle_of(frame)
    bundle_of(sympy.sqrt(sympy.Symbol("x")) / 2)  # imports what takes 300 ms
    variables.learn()
    variables.describe({"frame": frame, "array": np.zeros(3), "number": 1, "function": warm_up})
    compile("x = [i for i in range(3)]", NAME, "exec", ast.PyCF_ONLY_AST)
    try:
        raise ValueError
    except ValueError as error:
        failures.describe(error, NAME)
    modules.install()
    hints.install()
    files.install()
    array_files.install()
    callbacks.install()
    # Named rather than searched for: packages ask where it is without wanting a file there, and nowhere can be written.
    tempfile.tempdir = "/tmp"
    # The packages' own farewells are not a program's: they would only take time at its end.
    atexit._clear()


def prepare(channel: Any) -> Callable[[dict[str, Any]], None]:
    """Do, while the worker waits, all that does not depend on the program, and return what runs one."""
    calls.connect(channel)
    interpreter = _Interpreter(channel)
    # The pages that a compilation writes to are this process's own from here on: a quarter of a short run.
    _compile("0", NAME)
    return interpreter.run


class _Interpreter:
    """What a session's programs share: the namespace and the event loop. A program alone is a session of one."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._main = types.ModuleType("__main__")
        self._loop = asyncio.Runner()
        self._count = 0
        self._sources: collections.deque[str] = collections.deque()
        self._reserve = _reserve()
        self._make_ready()

    def run(self, request: dict[str, Any]) -> None:
        """Execute the program of a `run` request as `__main__` and send its result or error, then `ended`."""
        sys.stdin = io.TextIOWrapper(io.BytesIO((request["stdin"] or "").encode("utf-8", "replace")), encoding="utf-8")
        outcome = "succeeded"
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            try:
                value = self._execute(request["code"])
                self._finish(request["keeps"])
                if value is not None:
                    line.send({"type": "result", "data": bundle_of(value)})
            except SystemExit as leaving:
                self._finish(request["keeps"])
                outcome = _leave(leaving)
        except BaseException as error:
            self._reserve.close()
            if not isinstance(error, Exception) or isinstance(error, MemoryError):
                opening.discard_written()
            outcome = _fail(error, self._name)
            self._finish_after_failure(request["keeps"])
        # What comes now nothing interrupts: no function of the program shall watch its calls, and no __del__ be come upon.
        sys.settrace(None)
        sys.setprofile(None)
        gc.disable()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        if request["keeps"]:
            _stop_timers()
            self._tell_variables()
        line.send({"type": "ended", "outcome": outcome})
        if request["keeps"]:
            self._make_ready()

    @property
    def _name(self) -> str:
        # Each program has a name of its own, so that a function defined in an earlier one shows its own lines.
        return NAME if self._count <= 1 else f"{NAME[:-1]} {self._count}>"

    def _make_ready(self) -> None:
        """Put everything in place that the program before may have closed, replaced or used up."""
        self._reserve.close()
        _stop_timers()
        output = OutputStream(lambda: self._channel.send({"type": "buffering"}))
        line.connect(self._channel, output.flush)
        sys.stdout = output
        sys.stderr = ErrorStream(line.send)
        signal.signal(signal.SIGUSR2, output.gathered)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with contextlib.suppress(OSError):  # A session that has filled its heap goes on without.
            self._reserve = _reserve()

    def _tell_variables(self) -> None:
        namespace = self._main.__dict__
        try:
            told = variables.describe(namespace)
        except MemoryError:
            told = {"variables": [], "omitted": len(namespace)}
        line.send({"type": "variables", **told})

    def _execute(self, source: str) -> Any:
        """Run `source` and return the value of its last line, if that is an expression. Top-level `await` works."""
        self._count += 1
        self._remember(source)
        sys.modules["__main__"] = self._main
        namespace = self._main.__dict__
        parts = _compile(source, self._name)
        if not any(part.co_flags & inspect.CO_COROUTINE for part in parts):
            return _last_of([eval(part, namespace) for part in parts])

        async def in_order() -> Any:
            value = None
            for part in parts:
                value = eval(part, namespace)
                if part.co_flags & inspect.CO_COROUTINE:
                    value = await value
            return value if len(parts) > 1 else None

        return self._loop.run(in_order())

    def _remember(self, source: str) -> None:
        linecache.cache[self._name] = (len(source), None, source.splitlines(keepends=True), self._name)
        self._sources.append(self._name)
        if len(self._sources) > _REMEMBERED_SOURCES:
            linecache.cache.pop(self._sources.popleft(), None)

    def _finish(self, keeps: bool) -> None:
        """What the interpreter would do at its end: figures that nobody showed, C's gathered text, the program's exit handlers."""
        if "matplotlib.pyplot" in sys.modules:
            from llmos.figures import show

            show()
        if not keeps:
            self._loop.close()
            atexit._run_exitfuncs()
        opening.settle(closes=not keeps)
        _libc.fflush(None)

    def _finish_after_failure(self, keeps: bool) -> None:
        try:
            self._finish(keeps)
        except BaseException:
            pass  # The failure before it is what the user has to know.


def _stop_timers() -> None:
    """Let no handler of a program run after its end."""
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        with contextlib.suppress(BaseException):  # A handler that was due raises here, to nobody.
            signal.setitimer(timer, 0)


def _reserve() -> mmap.mmap:
    return mmap.mmap(-1, _RESERVE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _compile(source: str, name: str) -> list[types.CodeType]:
    """Return the program's code, and that of its last line by itself if it is an expression."""
    tree = compile(source, name, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    last: ast.Expression | None = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    parts = [compile(tree, name, "exec", flags, dont_inherit=True)]
    if last is not None:
        parts.append(compile(last, name, "eval", flags, dont_inherit=True))
    return parts


def _last_of(values: list[Any]) -> Any:
    return values[-1] if len(values) > 1 else None


def _leave(leaving: SystemExit) -> str:
    is_status = isinstance(leaving.code, int)
    if leaving.code is None or (is_status and leaving.code == 0):
        return "succeeded"
    message = failures.text_of(leaving.code)
    message = f"exit status {message}" if is_status else message
    line.send({"type": "error", "name": "SystemExit", "message": message, "traceback": f"SystemExit: {message}"})
    return "failed"


def _fail(error: BaseException, name: str) -> str:
    outcome = "memory" if isinstance(error, MemoryError) else "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    try:
        frame = failures.describe(error, name)
    except MemoryError:
        error.__traceback__ = None  # lets go of what the program's frames hold
        gc.collect()
        frame = failures.describe(error, name)
    except Exception:
        frame = failures.INDESCRIBABLE
    line.send(frame)
    return outcome
