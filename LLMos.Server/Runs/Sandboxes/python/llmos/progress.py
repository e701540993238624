"""Progress as events: a call with numbers, or a wrapper around an iterable."""

import math
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, overload

from llmos.line import send

__all__ = ("progress",)

T = TypeVar("T")

_MAX_LABEL = 200
_SECONDS_BETWEEN = 0.05
_last = 0.0


@overload
def progress(done: float, total: float | None = None, label: str | None = None) -> None: ...
@overload
def progress(done: Iterable[T], total: float | None = None, label: str | None = None) -> Iterator[T]: ...


def progress(done: Any, total: float | None = None, label: str | None = None) -> Any:
    """Report how far the program is, or iterate and report on the way.

    Args:
        done: A number, in any unit, or an iterable whose items are counted.
        total: What `done` will reach; an iterable's length when it has one.
        label: A few words, at most 200 characters.

    At most twenty reports a second are sent; the last one (done == total) always is.

    Raises:
        ValueError: A number is not finite.
    """
    if isinstance(done, Iterable):
        return _iterate(done, total, label)
    _report(float(done), None if total is None else float(total), label)
    return None


def _iterate(items: Iterable[T], total: float | None, label: str | None) -> Iterator[T]:
    if total is None and hasattr(items, "__len__"):
        total = len(items)
    count = 0
    for count, item in enumerate(items, 1):
        yield item
        _report(float(count), total, label)
    if total is None:
        _report(float(count), float(count), label)


def _report(done: float, total: float | None, label: str | None) -> None:
    global _last
    if not math.isfinite(done) or not math.isfinite(total or 0):
        raise ValueError("progress takes finite numbers")
    now = time.monotonic()
    if now - _last < _SECONDS_BETWEEN and (total is None or done < total):
        return
    _last = now
    frame: dict[str, Any] = {"type": "progress", "done": done}
    if total is not None:
        frame["total"] = total
    if label is not None:
        frame["label"] = str(label)[:_MAX_LABEL]
    send(frame)
