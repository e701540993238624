"""An exception as the user should read it: their own frames, with each line's text, and a hint."""

import linecache
import traceback
from dataclasses import dataclass
from typing import Any

from llmos import advice, stacks
from llmos.hints import hint_for
from llmos.stacks import PROGRAM

__all__ = ("INDESCRIBABLE", "PROGRAM", "describe", "text_of", "traceback_of")

_MAX_NAME, _MAX_MESSAGE, _MAX_TRACEBACK = 200, 8_000, 32_000
_MAX_LINE, _MAX_CAUSES = 500, 16
_MAX_PLACE = 2**31 - 1
_ENDLESS = 1_000  # calls that are still open when memory has run out; as many as Python itself allows at first

# Of an error that defeats even that.
INDESCRIBABLE = {"type": "error", "name": "Exception", "message": "(it cannot be described)", "traceback": ""}


def describe(error: BaseException, program: str) -> dict[str, Any]:
    """Return the `error` frame for `error`, raised by the program compiled under the name `program`."""
    # Without the stacks, which endless recursion makes as long as memory lasts.
    told = traceback.TracebackException.from_exception(error, limit=0, compact=True)
    related = _related(error, told, program)
    first = related[0]
    frame: dict[str, Any] = {"type": "error", **_named(first), "traceback": _format(told, f"{first.name}: {first.message}")}
    if isinstance(error, SyntaxError) and error.filename == program and _is_place(error.offset):
        frame["column"] = error.offset
    if len(related) > 1:
        frame["causes"] = [{**_named(one), "relation": one.relation} for one in related[1:]]
    hint = _hint_for(related)
    if hint is not None and hint not in frame["message"]:
        frame["hint"] = hint
    return frame


def traceback_of(error: BaseException) -> str:
    """Return the traceback alone, with the frames of the session's programs."""
    return str(describe(error, PROGRAM)["traceback"])


@dataclass
class _Related:
    """One of the exceptions that belong together, and how it belongs to the one that tells of it."""

    error: BaseException
    relation: str
    depth: int
    place: tuple[int, str] | None

    @property
    def name(self) -> str:
        return type(self.error).__name__[:_MAX_NAME]

    @property
    def message(self) -> str:
        # A syntax error's own text repeats the place, which has members of its own.
        return text_of(self.error.msg if isinstance(self.error, SyntaxError) else self.error)


def _related(error: BaseException, told: traceback.TracebackException, program: str) -> list[_Related]:
    """Give `told` and what it tells of their stacks, and return their exceptions, outermost first; the first is `error`."""
    found: list[_Related] = []
    waiting: list[tuple[BaseException | None, traceback.TracebackException | None, str]] = [(error, told, "")]
    while waiting and len(found) <= _MAX_CAUSES:
        one, its, relation = waiting.pop(0)
        if one is None or its is None:
            continue
        its.stack, depth = stacks.of_user(one.__traceback__)
        found.append(_Related(one, relation, depth, _place_of(one, its.stack, program)))
        waiting.append((one.__cause__, its.__cause__, "cause"))
        waiting.append((one.__context__, its.__context__, "handling"))
        if isinstance(one, BaseExceptionGroup):
            waiting += [(member, told_member, "member") for member, told_member in zip(one.exceptions, its.exceptions or ())]
    return found


def _named(one: _Related) -> dict[str, Any]:
    named: dict[str, Any] = {"name": one.name, "message": one.message}
    if one.place is not None:
        named["line"], named["lineText"] = one.place
    return named


def _place_of(error: BaseException, stack: traceback.StackSummary, program: str) -> tuple[int, str] | None:
    """The last line of this program that was in it: of an error in a library, the line that called there."""
    number: object = next((frame.lineno for frame in reversed(stack) if frame.filename == program), None)
    if isinstance(error, SyntaxError) and error.filename == program:
        number = error.lineno
    if not isinstance(number, int) or not _is_place(number):
        return None
    return number, linecache.getline(program, number).strip()[:_MAX_LINE]


def _hint_for(related: list[_Related]) -> str | None:
    # CPython 3.11 makes a SystemError of a call for whose frame there is no memory.
    if isinstance(related[0].error, (MemoryError, SystemError)) and related[0].depth > _ENDLESS:
        return hint_for(RecursionError(), "")
    return next(filter(None, (hint_for(one.error, one.message) for one in related)), None) or next(
        filter(None, (advice.on(one.error, one.message) for one in related)), None)


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
