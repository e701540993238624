"""Runs programs in this process, one alone or a session's one after another, and reports what became of each."""

import asyncio
import atexit
import contextlib
import contextvars
import gc
import inspect
import io
import logging
import mmap
import os
import signal
import sys
import tempfile
import types
import warnings
from collections.abc import Callable
from typing import Any

from llmos import (
    array_files, callbacks, calls, ending, failures, files, hints, libraries, line, modules, opening, sources, standard_input, surroundings, variables, warned,
)
from llmos.display import bundle_of, shows_itself
from llmos.streams import ErrorStream, OutputStream

__all__ = ("NAME", "prepare", "warm_up")

NAME = failures.PROGRAM

# Given back when memory has run out, so that there is some to say so with. Never touched, so it costs no memory.
_RESERVE_BYTES = 2 * 1024 * 1024

# After these there may be a million frames, which are better left than taken apart one within the other.
_LEAVING_NO_ROOM = (MemoryError, RecursionError, SystemError)

_SIGNALS = (signal.SIGINT, signal.SIGUSR2)


def warm_up() -> None:
    """Build, before the fork, what the first program would build: fonts, tables, caches."""
    import matplotlib

    matplotlib.use("module://llmos.figures")
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd
    import sympy
    from llmos import figures, fonts
    from sklearn.utils.fixes import threadpool_info

    threadpool_info()  # looks for the libraries with a process of its own, which no run can start
    fonts.install()
    figures.install()
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
    try:
        raise ValueError
    except ValueError as error:
        failures.describe(error, NAME)
    modules.install()
    hints.install()
    sources.install()
    libraries.install()
    standard_input.install()
    warnings.formatwarning = warned.formatter(warnings.formatwarning)
    files.install()
    array_files.install()
    callbacks.install()
    # Named rather than searched for: packages ask where it is without wanting a file there, and nowhere can be written.
    tempfile.tempdir = "/tmp"
    # The packages' own farewells are not a program's: they would only take time at its end. Logging's writes what it has gathered.
    atexit._clear()
    atexit.register(logging.shutdown)
    # Where the server keeps its files, which no program needs to know.
    os.environ.pop("MPLCONFIGDIR", None)
    sys.orig_argv[:] = ["python3", NAME]


def prepare(channel: Any) -> Callable[[dict[str, Any]], None]:
    """Do, while the worker waits, all that does not depend on the program, and return what runs one."""
    calls.connect(channel)
    interpreter = _Interpreter(channel)
    interpreter.rehearse()
    ending.begin()
    return interpreter.run


class _Interpreter:
    """What a session's programs share: the namespace, the streams, the context and the event loop. A program alone is a session of one."""

    def __init__(self, channel: Any) -> None:
        self._main = types.ModuleType("__main__")
        self._loop = asyncio.Runner()
        # One for what awaits and for what does not, so that both see the same variables of a context.
        self._context = contextvars.copy_context()
        self._count = 0
        self._name = NAME
        self._reserve = _reserve()
        self._output = OutputStream(lambda: channel.send({"type": "buffering"}))
        self._errors = ErrorStream(line.send)
        self._channel = channel
        self._make_ready()

    def rehearse(self) -> None:
        """Do what every run does: the pages that it writes to are this process's own from here on, which is a third of a short run."""
        standard_input.fill(b"")
        parts, _ = sources.translate("0", NAME)
        self._context.run(eval, parts[-1], {})
        ending.flush()
        opening.settle(closes=False)

    def run(self, request: dict[str, Any]) -> None:
        """Execute the program of a `run` request as `__main__` and send its result or error, then `ended`."""
        sys.stdin = sys.__stdin__ = standard_input.fill((request["stdin"] or "").encode("utf-8", "replace"))
        self._count += 1
        # Each program has a name of its own, so that a function defined in an earlier one shows its own lines.
        self._name = surroundings.file_of(request) or (NAME if self._count == 1 else f"{NAME[:-1]} {self._count}>")
        with surroundings.given(request, self._main, NAME):
            self._run(request)

    def _run(self, request: dict[str, Any]) -> None:
        outcome = "succeeded"
        bundle = None
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            try:
                bundle = self._shown(self._execute(request["code"]))
                self._finish(request["keeps"])
                if bundle is not None:
                    line.send({"type": "result", "data": bundle})
            except SystemExit as leaving:
                self._shown(None)
                self._finish(request["keeps"])
                outcome = _leave(leaving)
        except BaseException as error:
            self._reserve.close()
            if not isinstance(error, Exception) or isinstance(error, MemoryError):
                opening.discard_written()
            outcome = _fail(error, self._name)
            lets_go = isinstance(error, Exception) and not isinstance(error, _LEAVING_NO_ROOM)
            if lets_go:
                error.__traceback__ = None  # What the program's frames hold is let go too.
            self._finish_after_failure(request["keeps"], lets_go)
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

    def _make_ready(self) -> None:
        """Put everything in place that the program before may have closed, replaced or used up."""
        self._reserve.close()
        _stop_timers()
        self._output, self._errors = self._output.renew(), self._errors.renew()
        line.connect(self._channel, self._output.flush)
        sys.stdout = sys.__stdout__ = self._output
        sys.stderr = sys.__stderr__ = self._errors
        signal.signal(signal.SIGUSR2, self._output.gathered)
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
        sys.modules["__main__"] = self._main
        namespace = self._main.__dict__
        parts, is_shown = sources.translate(source, self._name)
        if not any(part.co_flags & inspect.CO_COROUTINE for part in parts):
            value = [self._context.run(eval, part, namespace) for part in parts][-1]
            return value if is_shown else None

        async def in_order() -> Any:
            value = None
            for part in parts:
                value = eval(part, namespace)
                if part.co_flags & inspect.CO_COROUTINE:
                    value = await value
            return value if is_shown else None

        return self._loop.run(in_order(), context=self._context)

    def _shown(self, value: Any) -> dict[str, str] | None:
        """Show the figures that nobody showed, and return what is sent of the program's value."""
        if "matplotlib.pyplot" in sys.modules:
            from llmos.figures import show

            show()
        return None if value is None or shows_itself(value) else self._context.run(bundle_of, value)

    def _finish(self, keeps: bool, lets_go: bool = True) -> None:
        """What the interpreter would do at its end: the program's exit handlers, what it had open, and gathered text."""
        if not keeps:
            self._loop.close()
            atexit._run_exitfuncs()
        # Before what is below their streams is closed.
        ending.flush()
        if not keeps and lets_go:
            ending.let_go(self._main)
        opening.settle(closes=not keeps)
        ending.flush()

    def _finish_after_failure(self, keeps: bool, lets_go: bool) -> None:
        try:
            self._shown(None)
        except BaseException:
            pass  # The failure before it is what the user has to know; so it is below.
        try:
            self._finish(keeps, lets_go)
        except BaseException:
            pass


def _stop_timers() -> None:
    """Let no handler of a program run after its end."""
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        with contextlib.suppress(BaseException):  # A handler that was due raises here, to nobody.
            signal.setitimer(timer, 0)


def _reserve() -> mmap.mmap:
    return mmap.mmap(-1, _RESERVE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _leave(leaving: SystemExit) -> str:
    is_status = isinstance(leaving.code, int)
    if leaving.code is None or (is_status and leaving.code == 0):
        return "succeeded"
    message = f"exit status {int(leaving.code)}" if is_status else failures.text_of(leaving.code)  # type: ignore[arg-type]
    line.send({"type": "error", "name": "SystemExit", "message": message, "traceback": f"SystemExit: {message}"})
    return "failed"


def _fail(error: BaseException, name: str) -> str:
    outcome = "memory" if isinstance(error, MemoryError) else "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    if sys.excepthook is not sys.__excepthook__ and outcome == "failed":
        with contextlib.suppress(Exception):
            sys.excepthook(type(error), error, error.__traceback__)
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
