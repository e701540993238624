"""What an inspector shows of numpy's and pandas' values, without running a line of the user's code.

Everything is asked of classes and functions taken here, before any program: one may replace them later, give a table a method,
or have an index, an extension array or a scalar of its own in it. Of those nothing is asked.
"""

from abc import ABCMeta
from collections.abc import Callable, Iterator
from typing import Any

import pandas
from numpy import datetime64, datetime_as_string, generic, ndarray, timedelta64
from pandas import Categorical, CategoricalDtype, DataFrame, DatetimeTZDtype, Index, RangeIndex, Series
from pandas._libs.arrays import NDArrayBacked
from pandas.api.extensions import ExtensionArray
from pandas.arrays import BooleanArray, DatetimeArray, FloatingArray, IntegerArray, SparseArray, StringArray, TimedeltaArray

__all__ = ("bytes_of", "shape_of", "short")

_MAX_ITEMS = 6
_NAME_OF_TYPE = type.__dict__["__name__"].__get__
_attribute = object.__getattribute__  # past __getattr__, which a table has


def _below(kind: type) -> Iterator[type]:
    for one in type.__subclasses__(kind):
        yield one
        yield from _below(one)


_SCALARS = frozenset(_below(generic))
_PARTED = frozenset({Index, *_below(Index), *_below(ExtensionArray)} - {SparseArray})
# What they keep their values in; of a MultiIndex the first is as long as itself.
_PARTS = ("_codes", "_levels", "_data", "_mask", "_left", "_right")
_LISTS = frozenset({list, type(pandas.MultiIndex.from_tuples([(1, 2)])._codes)})
_MANAGERS = {DataFrame: type(DataFrame()._mgr), Series: type(Series(dtype="float64")._mgr)}

Shown = Callable[[Any], str]


def short(value: Any, kind: type, shown: Shown) -> str | None:
    """Return a few words on `value`, with `shown` for what is in it; None when it is neither library's own."""
    if kind is ndarray:
        return _array(value, shown)
    if kind is DataFrame:
        return _columns(value, shown)
    if kind is Series:
        return _array(_blocks(value)[0], shown)
    if kind in _SCALARS:
        if kind is datetime64 or kind is timedelta64:
            return str(value)
        item = generic.item(value)
        return str(value) if type(item) is kind else shown(item)
    return None


def shape_of(value: Any, kind: type) -> list[int] | None:
    if kind is ndarray:
        return list(value.shape)
    if kind in _MANAGERS:
        return [_length(axis) for axis in reversed(_manager(value).axes)]
    return None


def bytes_of(value: Any, kind: type) -> int | None:
    if kind is ndarray:
        return int(value.nbytes)
    if kind in _MANAGERS:
        rows = _manager(value).axes[-1]
        parts = [*_blocks(value), *([] if type(rows) is RangeIndex else [rows])]
        arrays = [list(_arrays(part)) for part in parts]
        return sum(array.nbytes for part in arrays for array in part) if all(arrays) else None
    return None


def _manager(table: Any) -> Any:
    manager = _attribute(table, "_mgr")
    if type(manager) is not _MANAGERS[type(table)]:
        raise TypeError
    return manager


def _blocks(table: Any) -> list[Any]:
    return [block.values for block in _manager(table).blocks]


def _is_parted(thing: Any) -> bool:
    # No other class of classes has a hash of its own.
    return (type(type(thing)) is type or type(type(thing)) is ABCMeta) and type(thing) in _PARTED


def _arrays(thing: Any) -> Iterator[Any]:
    """The numpy arrays that a column or an index of pandas' own consists of, the first as long as itself; none of a stranger's."""
    if type(thing) is ndarray:
        yield thing
    elif type(type(thing)) is type and type(thing) in _LISTS:
        for part in list.__iter__(thing):
            yield from _arrays(part)
    elif _is_parted(thing):
        if isinstance(thing, NDArrayBacked):
            yield thing._ndarray
        own = _attribute(thing, "__dict__")
        for name in _PARTS:
            yield from _arrays(own.get(name))


def _length(axis: Any) -> int:
    if type(axis) is RangeIndex:
        return len(_attribute(axis, "_range"))
    return len(next(_arrays(axis)))


def _columns(table: Any, shown: Shown) -> str:
    axis = _manager(table).axes[0]
    count = _length(axis)
    if type(axis) is RangeIndex:
        names = [shown(name) for name in _attribute(axis, "_range")[:_MAX_ITEMS]]
    else:
        names = _items(_attribute(axis, "_data"), shown) if "_data" in _attribute(axis, "__dict__") else []
    if not names:
        return f"{count} columns"
    return f"columns {', '.join(names)}{', …' if count > len(names) else ''}"


def _array(values: Any, shown: Shown) -> str:
    if type(values) is not ndarray and not _is_parted(values):
        return f"<{str.__str__(_NAME_OF_TYPE(type(values)))}>"
    items = _items(values, shown)
    if not items and type(values) is not ndarray:
        return _kind(values)
    count = values.size if type(values) is ndarray else len(next(_arrays(values)))
    return f"{_kind(values)} [{', '.join(items)}{', …' if count > len(items) else ''}]"


def _kind(values: Any) -> str:
    if type(values) is not ndarray:
        if type(values) is Categorical:
            return "category"
        if type(values) in (DatetimeArray, TimedeltaArray):
            in_utc = type(_attribute(values, "_dtype")) is DatetimeTZDtype
            return f"{_kind(values._ndarray)}{' in UTC' if in_utc else ''}"
        return _NAME_OF_TYPE(type(values))
    dtype = values.dtype
    if dtype.names is not None:
        return f"({', '.join(dtype.names)})"
    scalar = dtype.type
    if type(scalar) is type and scalar in _SCALARS:
        return str(dtype)
    return str.__str__(_NAME_OF_TYPE(scalar))


def _items(values: Any, shown: Shown) -> list[str]:
    """The first of an array; none where they could only be asked of the values themselves."""
    kind = type(values)
    if kind is ndarray:
        first = values.reshape(-1)[:_MAX_ITEMS] if values.flags.contiguous else values.flat[:_MAX_ITEMS]
        if first.dtype.type is datetime64:
            return list(datetime_as_string(first, unit="auto").tolist())
        if first.dtype.type is timedelta64:
            return [str(item) for item in first]
        return [shown(item) for item in first.tolist()]
    if kind is Categorical:
        dtype = _attribute(values, "_dtype")
        categories = _attribute(_attribute(dtype, "_categories"), "_data") if type(dtype) is CategoricalDtype else None
        if type(categories) is ndarray:
            return [_items(categories[code:code + 1], shown)[0] if code >= 0 else "nan" for code in values._ndarray[:_MAX_ITEMS].tolist()]
    elif kind in (DatetimeArray, TimedeltaArray, StringArray):
        return _items(values._ndarray, shown)
    elif kind in (IntegerArray, FloatingArray, BooleanArray):
        own = _attribute(values, "__dict__")
        if type(own["_data"]) is ndarray and type(own["_mask"]) is ndarray:
            return ["<NA>" if missing else item for item, missing in zip(_items(own["_data"], shown), own["_mask"][:_MAX_ITEMS].tolist())]
    return []
