"""`open` for files of the volumes: the usual layers over a `VolumeFile`, and what becomes of those that a program leaves open."""

import io
import sys
import weakref
from typing import Any

from llmos.volume_file import VolumeFile

__all__ = ("discard_written", "is_being_written", "open_file", "settle")

_BUFFER_BYTES = 256 * 1024
_MODES = {"r": "read", "w": "write", "x": "new", "a": "append"}


class _InnerWriter(io.BufferedWriter):
    """Below text. Of a cycle, Python finalizes in any order: only the outermost layer closes, or what it holds would be lost."""

    def __del__(self) -> None:
        pass


class _InnerRandom(io.BufferedRandom):
    def __del__(self) -> None:
        pass


# The outermost layer of each file that is open for writing; beneath it is the file.
_written: "weakref.WeakKeyDictionary[Any, VolumeFile]" = weakref.WeakKeyDictionary()


def open_file(
    whole: str, file: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None, errors: str | None = None,
    newline: str | None = None, closefd: bool = True, opener: Any = None,
) -> Any:
    """Open what `places.find` found; arguments and exceptions are those of the built-in `open`."""
    kind, plus, binary = _parse(mode, encoding, errors, newline)
    if opener is not None or not closefd:
        raise ValueError("a file of the volumes has no descriptor for opener= or closefd=False")
    if binary and buffering == 1:
        buffering = -1
    if not binary and buffering == 0:
        raise ValueError("can't have unbuffered text I/O")

    if kind == "r" and is_being_written(whole):
        print(f"{file!r} is open for writing in this program: what was written to it is read when it has been closed.", file=sys.stderr)
    raw = VolumeFile(whole, file, "update" if kind == "r" and plus else _MODES[kind], reads=kind == "r" or plus)
    outer: Any = raw
    if buffering != 0:
        layers = (io.BufferedWriter, io.BufferedRandom) if binary else (_InnerWriter, _InnerRandom)
        layer: Any = layers[1] if plus else io.BufferedReader if kind == "r" else layers[0]
        outer = layer(raw, _BUFFER_BYTES if buffering < 2 else buffering)
        raw.is_outermost = False
    if not binary:
        outer = io.TextIOWrapper(outer, io.text_encoding(encoding, 3), errors, newline, line_buffering=buffering == 1)
        outer.mode = mode
    if raw.writable():
        _written[outer] = raw
        raw.outermost = weakref.ref(outer)
    return outer


def is_being_written(whole: str) -> bool:
    """Whether a file is open for writing, so that there may be nothing to be found yet."""
    return any(raw.whole == whole and not raw.closed for raw in _written.values())


def discard_written() -> None:
    """Forget what was written to files that are open: the program did not come to closing them."""
    for raw in list(_written.values()):
        if not raw.closed:
            raw.discard()


def settle(closes: bool) -> None:
    """At a program's end, raise what went wrong where nobody could hear it; close, if `closes`, what is still open.

    Raises:
        OSError: The first failure.
    """
    failures = VolumeFile.unheard[:]
    VolumeFile.unheard.clear()
    for outer in list(_written) if closes else ():
        try:
            outer.close()
        except OSError as failure:
            failures.append(failure)
        except ValueError:
            pass  # The program has taken it apart.
    if failures:
        raise failures[0]


def _parse(mode: str, encoding: Any, errors: Any, newline: Any) -> tuple[str, bool, bool]:
    if not isinstance(mode, str):
        raise TypeError(f"open() argument 'mode' must be str, not {type(mode).__name__}")
    letters = set(mode)
    kinds = letters & set(_MODES)
    if letters - set("rwxabt+") or len(letters) < len(mode):
        raise ValueError(f"invalid mode: '{mode}'")
    if "t" in letters and "b" in letters:
        raise ValueError("can't have text and binary mode at once")
    if len(kinds) != 1:
        raise ValueError("must have exactly one of create/read/write/append mode")
    binary = "b" in letters
    if binary:
        for name, value in (("encoding", encoding), ("errors", errors), ("newline", newline)):
            if value is not None:
                raise ValueError(f"binary mode doesn't take {'a newline' if name == 'newline' else f'an {name}'} argument")
    return kinds.pop(), "+" in letters, binary
