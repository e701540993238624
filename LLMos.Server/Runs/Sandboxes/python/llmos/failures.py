"""An exception as the user should read it: their own frames, with each line's text, and a hint."""

import traceback
from typing import Any

from llmos.hints import hint_for

__all__ = ("INDESCRIBABLE", "describe", "text_of")

_MAX_NAME, _MAX_MESSAGE, _MAX_TRACEBACK = 200, 8_000, 32_000
_MAX_PLACE = 2**31 - 1

# Of an error that defeats even that.
INDESCRIBABLE = {"type": "error", "name": "Exception", "message": "(it cannot be described)", "traceback": ""}


def describe(error: BaseException, program: str) -> dict[str, Any]:
    """Return the `error` frame for `error`, raised by the program compiled under the name `program`.

    Frames of the session's earlier programs, whose names begin alike, are the user's too.
    """
    begins = program.rstrip("0123456789>").rstrip()
    told = traceback.TracebackException.from_exception(error, compact=True)
    for one in _chain(told):
        one.stack = traceback.StackSummary.from_list([frame for frame in one.stack if frame.filename.startswith(begins)])
    # A syntax error's own text repeats the place, which has members of its own.
    message = text_of(error.msg if isinstance(error, SyntaxError) else error)
    name = type(error).__name__[:_MAX_NAME]
    frame: dict[str, Any] = {"type": "error", "name": name, "message": message, "traceback": _format(told, f"{name}: {message}")}
    lines = [frame.lineno for frame in told.stack if frame.filename == program]
    line = lines[-1] if lines else None
    if isinstance(error, SyntaxError) and error.filename == program:
        line = error.lineno
        if _is_place(error.offset):
            frame["column"] = error.offset
    if _is_place(line):
        frame["line"] = line
    hint = hint_for(error, message)
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


def text_of(thing: object) -> str:
    """Return `thing` as text of a bounded length, whatever it does when it is asked."""
    try:
        return str(thing)[:_MAX_MESSAGE]
    except MemoryError:
        raise
    except BaseException as failure:
        return f"(its str() failed: {type(failure).__name__})"


def _is_place(number: object) -> bool:
    return isinstance(number, int) and 0 < number <= _MAX_PLACE


def _format(told: traceback.TracebackException, otherwise: str) -> str:
    try:
        return _shorten("".join(told.format()))
    except (TypeError, ValueError):
        return otherwise  # A syntax error that a program made up, with a place that is none.


def _shorten(text: str) -> str:
    if len(text) <= _MAX_TRACEBACK:
        return text
    half = _MAX_TRACEBACK // 2
    return f"{text[:half]}\n  … {len(text) - 2 * half:,} characters …\n{text[-half:]}"
