"""A session's variables as an inspector shows them, found without running a line of the user's code."""

import contextlib
import datetime
import decimal
import fractions
import pathlib
import sys
import types
from collections.abc import Iterable
from typing import Any

__all__ = ("describe",)

_MAX_VARIABLES, _MAX_NAME, _MAX_REPR = 200, 100, 160
_MAX_ITEMS, _MAX_DEPTH = 6, 2
_MAX_INT_BITS = 256

# Only of exactly these types is the repr asked for: a subclass may have one of its own.
_PLAIN = frozenset({
    type(None), bool, float, complex, type(Ellipsis), range, slice, decimal.Decimal, fractions.Fraction,
    datetime.datetime, datetime.date, datetime.time, datetime.timedelta, pathlib.PosixPath, pathlib.PurePosixPath,
})
_BRACKETS = {list: "[]", tuple: "()", set: "{}", frozenset: "{}", dict: "{}"}
_SIZED = frozenset({*_BRACKETS, str, bytes, bytearray, range})
_name_of_type = type.__dict__["__name__"].__get__  # not asked of a metaclass


def describe(namespace: dict[str, Any]) -> dict[str, Any]:
    """Return the newest variables of `namespace`, at most 200, and how many more there are."""
    names = [name for name in namespace if type(name) is str and not name.startswith("_")]
    shown = names[-_MAX_VARIABLES:]
    return {
        "variables": [_describe(name, namespace[name]) for name in shown],
        "omitted": len(names) - len(shown),
    }


def _describe(name: str, value: Any) -> dict[str, Any]:
    kind = type(value)
    told: dict[str, Any] = {"name": _cut(name, _MAX_NAME), "type": _cut(_name_of_type(kind), _MAX_NAME), "repr": f"<{_name_of_type(kind)}>"}
    # A class with a metaclass of its own may have code in its hash and comparison.
    if type(kind) is type:
        with contextlib.suppress(Exception):  # Broken from inside: its name and type are still told.
            told["repr"] = _short(value, _MAX_DEPTH)
            told["shape"] = _shape(value)
            told["bytes"] = _bytes(value)
    told["repr"] = _cut(told["repr"], _MAX_REPR)
    return told


def _short(value: Any, depth: int) -> str:
    kind = type(value)
    if type(kind) is not type:
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
        return f"{code.co_name}({', '.join(code.co_varnames[:code.co_argcount + code.co_kwonlyargcount])})"
    if kind is types.ModuleType:
        return str(value.__dict__.get("__name__") or "")
    if kind is type:
        return _name_of_type(value)
    return _short_of_library(value, kind, depth)


def _items(value: Any, kind: type, depth: int) -> str:
    opening, closing = _BRACKETS[kind]
    if depth == 0:
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


def _short_of_library(value: Any, kind: type, depth: int) -> str:
    if _is(kind, "numpy", "ndarray"):
        values = value.reshape(-1)[:_MAX_ITEMS] if value.flags.contiguous else value.flat[:_MAX_ITEMS]
        rest = ", …" if value.size > _MAX_ITEMS else ""
        return f"{value.dtype} [{', '.join(_short(item, depth - 1) for item in values.tolist())}{rest}]"
    if _is(kind, "pandas", "DataFrame"):
        names = value.columns.tolist()
        rest = ", …" if len(names) > _MAX_ITEMS else ""
        return f"columns {', '.join(_short(name, 0) for name in names[:_MAX_ITEMS])}{rest}"
    if _is(kind, "pandas", "Series"):
        rest = ", …" if value.size > _MAX_ITEMS else ""
        return f"{value.dtype} [{', '.join(_short(item, depth - 1) for item in value.iloc[:_MAX_ITEMS].tolist())}{rest}]"
    if _is(kind, "numpy", _name_of_type(kind)):
        return _short(value.item(), depth)
    return f"<{_name_of_type(kind)}>"


def _is(kind: type, library: str, name: str) -> bool:
    return kind is getattr(sys.modules.get(library), name, None)


def _shape(value: Any) -> list[int] | None:
    kind = type(value)
    if kind in _SIZED:
        return [len(value)]
    if _is(kind, "numpy", "ndarray") or _is(kind, "pandas", "DataFrame") or _is(kind, "pandas", "Series"):
        return list(value.shape)
    return None


def _bytes(value: Any) -> int | None:
    """What the value itself takes; what a container refers to is not counted."""
    kind = type(value)
    if kind in _SIZED or kind in _PLAIN or kind is int:
        return sys.getsizeof(value)
    if _is(kind, "numpy", "ndarray"):
        return int(value.nbytes)
    if _is(kind, "pandas", "DataFrame"):
        return int(value.memory_usage(index=True).sum())
    if _is(kind, "pandas", "Series"):
        return int(value.memory_usage(index=True))
    return None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most - 1] + "…"
