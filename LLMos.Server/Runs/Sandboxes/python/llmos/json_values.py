"""Values that are JSON as they are: what an agent's wrapper reads instead of their repr."""

import json
import math
from typing import Any

__all__ = ("json_of",)

_MAX_LEAVES, _MAX_DEPTH, _MAX_CHARACTERS = 100_000, 64, 1_000_000


def json_of(value: Any) -> str | None:
    """Return `value` as JSON when it is made of dict with text as keys, list, tuple, str, int, finite float, bool and None alone; else None.

    A value of more than 100,000 leaves, 64 levels or a million characters is none. No code of the program's own is run.
    """
    level, leaves = [value], 0
    for _ in range(_MAX_DEPTH):
        inner: list[Any] = []
        for one in level:
            kind = type(one)
            if kind is dict:
                if not all(type(key) is str for key in one):
                    return None
                inner += one.values()
            elif kind is list or kind is tuple:
                inner += one
            elif kind is float and not math.isfinite(one) or kind not in (str, int, float, bool, type(None)):
                return None
            leaves += 1
            if leaves > _MAX_LEAVES or len(inner) > _MAX_LEAVES:
                return None
        if not inner:
            break
        level = inner
    else:
        return None
    try:
        text = json.dumps(value, ensure_ascii=False)
    except ValueError:
        return None  # A whole number with more digits than Python writes.
    return text if len(text) <= _MAX_CHARACTERS else None
