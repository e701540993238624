"""Which paths lie in the volumes, and where the program is among them."""

import os
import posixpath
from typing import Any

__all__ = ("VOLUMES", "current", "enter", "find")

VOLUMES = ("user", "team", "system")
_ROOTS = tuple(f"/{name}" for name in VOLUMES)

_current = "/user"


def find(path: Any) -> str | None:
    """Return the whole path of what `path` names in the volumes, such as `user/a/b`; None when it lies elsewhere.

    A path that begins with a volume's name is whole, with or without a slash before it; others are relative to the current folder.
    There are no links, so `..` is what it looks like.
    """
    if isinstance(path, int) or path is None:
        return None
    text = os.fsdecode(path)
    if text.startswith("/"):
        # Most are the interpreter's own.
        if not text.startswith(_ROOTS) and ".." not in text and "//" not in text and "/./" not in text:
            return None
    elif not text:
        return None
    elif text.partition("/")[0] in VOLUMES:
        text = "/" + text
    else:
        text = f"{_current}/{text}"
    if "\0" in text:
        return None
    whole = posixpath.normpath(text).lstrip("/")
    return whole if whole.partition("/")[0] in VOLUMES else None


def current() -> str:
    return _current


def enter(whole: str) -> None:
    global _current
    _current = "/" + whole
