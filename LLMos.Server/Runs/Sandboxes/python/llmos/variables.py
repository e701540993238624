"""A session's variables as an inspector shows them, found without running a line of the user's code."""

import contextlib
import datetime
import decimal
import fractions
import pathlib
import sys
import types
import zoneinfo
from abc import ABCMeta
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ("describe", "learn")

_MAX_VARIABLES, _MAX_NAME, _MAX_REPR = 200, 100, 160
_MAX_ITEMS, _MAX_DEPTH = 6, 2
_MAX_INT_BITS = 256

# Only of exactly these types is the repr asked for: a subclass may have one of its own. Nor has any of them something in it
# whose repr would be asked for in turn.
_PLAIN = frozenset({
    type(None), bool, float, complex, type(Ellipsis), decimal.Decimal, datetime.date, datetime.timedelta, pathlib.PosixPath, pathlib.PurePosixPath,
})
_BRACKETS = {list: "[]", tuple: "()", set: "{}", frozenset: "{}", dict: "{}"}
_SIZED = frozenset({*_BRACKETS, str, bytes, bytearray, range})
_COUNTED = frozenset({*_SIZED, *_PLAIN, int, slice, fractions.Fraction, datetime.datetime, datetime.time})
_libraries: Any = None


def learn() -> None:
    """Know numpy's and pandas' values too, as long as their classes are their own: before any program."""
    global _libraries
    from llmos import library_values

    _libraries = library_values


def describe(namespace: dict[str, Any]) -> dict[str, Any]:
    """Return the newest variables of `namespace`, at most 200, and how many more there are."""
    # Not looked up by name: a key that is no text may have a comparison of its own.
    named = [(name, value) for name, value in namespace.items() if type(name) is str and not name.startswith("_")]
    shown = named[-_MAX_VARIABLES:]
    return {"variables": [_describe(name, value) for name, value in shown], "omitted": len(named) - len(shown)}


def _name_of_type(kind: type) -> str:
    # Not asked of a metaclass, and as text of no class of its own.
    return str.__str__(type.__dict__["__name__"].__get__(kind))


def _describe(name: str, value: Any) -> dict[str, Any]:
    kind = type(value)
    told: dict[str, Any] = {"name": _cut(name, _MAX_NAME), "type": _cut(_name_of_type(kind), _MAX_NAME), "repr": f"<{_name_of_type(kind)}>"}
    if _is_ordinary(kind):
        with contextlib.suppress(Exception):  # Broken from inside: its name and type are still told.
            told["repr"] = _short(value, _MAX_DEPTH)
            told["shape"] = _shape(value)
            told["bytes"] = _bytes(value)
    told["repr"] = _cut(told["repr"], _MAX_REPR)
    return told


def _is_ordinary(kind: type) -> bool:
    """Whether nothing of the program is asked by looking up `kind`: a metaclass may have a hash and a comparison of its own."""
    return type(kind) is type or type(kind) is ABCMeta


def _short(value: Any, depth: int) -> str:
    kind = type(value)
    if not _is_ordinary(kind):
        return f"<{_name_of_type(kind)}>"
    if kind in _PLAIN:
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() <= _MAX_INT_BITS else f"an integer of {value.bit_length():,} bits"
    if kind in (str, bytes, bytearray):
        return repr(value[:_MAX_REPR])
    if kind in _BRACKETS:
        return _items(value, kind, depth)
    if kind is types.FunctionType:
        code = value.__code__
        return f"{str.__str__(code.co_name)}({', '.join(code.co_varnames[:code.co_argcount + code.co_kwonlyargcount])})"
    if kind is types.ModuleType:
        return _name_of_module(value)
    if kind is type or kind is ABCMeta:
        return _name_of_type(value)
    if kind in _WITH_PARTS:
        return _WITH_PARTS[kind](value, depth)
    told = _libraries.short(value, kind, lambda item: _short(item, depth - 1)) if _libraries is not None else None
    return told if told is not None else f"<{_name_of_type(kind)}>"


def _name_of_module(module: Any) -> str:
    # Not looked up, as above.
    name = next((value for key, value in module.__dict__.items() if type(key) is str and key == "__name__"), None)
    return name if type(name) is str else "<module>"


def _range(value: Any, depth: int) -> str:
    steps = [_short(part, 0) for part in (value.start, value.stop, value.step)]
    return f"range({', '.join(steps if value.step != 1 else steps[:2])})"


def _slice(value: Any, depth: int) -> str:
    return f"slice({', '.join(_short(part, depth - 1) for part in (value.start, value.stop, value.step))})"


def _fraction(value: Any, depth: int) -> str:
    return f"Fraction({_short(value._numerator, 0)}, {_short(value._denominator, 0)})"


def _time(value: Any, depth: int) -> str:
    naive, zone = repr(value.replace(tzinfo=None)), value.tzinfo
    return naive if zone is None else f"{naive[:-1]}, tzinfo={_short(zone, 0)})"


def _zone(value: Any, depth: int) -> str:
    parts = [value.key] if type(value) is zoneinfo.ZoneInfo else datetime.timezone.__getinitargs__(value)
    # Its name and its distance may be of the program's classes.
    own = all(type(part) in (str, datetime.timedelta) for part in parts)
    return repr(value) if own else f"<{_name_of_type(type(value))}>"


_WITH_PARTS: dict[type, Callable[[Any, int], str]] = {
    range: _range, slice: _slice, fractions.Fraction: _fraction, datetime.datetime: _time, datetime.time: _time,
    datetime.timezone: _zone, zoneinfo.ZoneInfo: _zone,
}


def _items(value: Any, kind: type, depth: int) -> str:
    opening, closing = _BRACKETS[kind]
    if depth <= 0:
        return f"{opening}…{closing}" if value else opening + closing
    if kind is dict:
        parts = [f"{_short(key, depth - 1)}: {_short(item, depth - 1)}" for key, item in _first(value.items())]
    else:
        parts = [_short(item, depth - 1) for item in _first(value)]
    if len(value) > len(parts):
        parts.append("…")
    elif kind is tuple and len(parts) == 1:
        closing = ",)"
    return opening + ", ".join(parts) + closing


def _first(items: Iterable[Any]) -> list[Any]:
    return [item for item, _ in zip(items, range(_MAX_ITEMS))]


def _shape(value: Any) -> list[int] | None:
    kind = type(value)
    if kind in _SIZED:
        return [len(value)]
    return _libraries.shape_of(value, kind) if _libraries is not None else None


def _bytes(value: Any) -> int | None:
    """What the value itself takes; what a container refers to is not counted."""
    kind = type(value)
    if kind in _COUNTED:
        return sys.getsizeof(value)
    return _libraries.bytes_of(value, kind) if _libraries is not None else None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most - 1] + "…"
