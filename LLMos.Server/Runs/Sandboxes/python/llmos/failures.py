"""An exception as the user should read it: their own frames, with each line's text, and a hint."""

import traceback
from typing import Any

from llmos.hints import hint_for

__all__ = ("describe",)

_MAX_MESSAGE, _MAX_TRACEBACK = 8_000, 32_000


def describe(error: BaseException, program: str) -> dict[str, Any]:
    """Return the `error` frame for `error`, raised by the program compiled under the name `program`."""
    told = traceback.TracebackException.from_exception(error, compact=True)
    for one in _chain(told):
        one.stack = traceback.StackSummary.from_list([frame for frame in one.stack if frame.filename == program])
    frame: dict[str, Any] = {
        "type": "error",
        "name": type(error).__name__,
        "message": _message_of(error)[:_MAX_MESSAGE],
        "traceback": _shorten("".join(told.format())),
    }
    line = told.stack[-1].lineno if told.stack else None
    if isinstance(error, SyntaxError) and error.filename == program:
        line = error.lineno
        if error.offset:
            frame["column"] = error.offset
    if line:
        frame["line"] = line
    hint = hint_for(error)
    if hint is not None and hint not in frame["message"]:
        frame["hint"] = hint
    return frame


def _chain(told: traceback.TracebackException | None) -> list[traceback.TracebackException]:
    found: list[traceback.TracebackException] = []
    waiting = [told]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or [])]
    return found


def _message_of(error: BaseException) -> str:
    try:
        # A syntax error's own text repeats the place, which has members of its own.
        return str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:
        return f"(its str() failed: {type(error).__name__})"


def _shorten(text: str) -> str:
    if len(text) <= _MAX_TRACEBACK:
        return text
    half = _MAX_TRACEBACK // 2
    return f"{text[:half]}\n  … {len(text) - 2 * half:,} characters …\n{text[-half:]}"
