"""Standard input of a program: descriptor 0 itself, so that `open(0)`, `os.read`, `/dev/stdin` and C code read it too.

It is a pipe, which holds less than a program may be given: the rest is put in as it is read from here.
"""

import contextlib
import fcntl
import io
import os
from typing import Any

__all__ = ("fill", "install", "names_stream", "open_stream")

# What the standard streams are called as files, and their descriptors.
_STREAMS = {f"{folder}{name}": number for number, word in enumerate(("stdin", "stdout", "stderr"))
            for folder, name in (("/dev/", word), ("/dev/fd/", number), ("/proc/self/fd/", number))}

_OWN = 3  # the first descriptor that is no standard stream's
_TEXT, _BINARY = ("r", "rt", "tr"), ("rb", "br")

_left = memoryview(b"")
_into = -1


def fill(data: bytes) -> io.TextIOWrapper:
    """Make descriptor 0 what reads `data`, from its beginning, and return it as `sys.stdin`."""
    global _left, _into
    _forget()
    reading, _into = os.pipe()
    os.set_blocking(_into, False)
    if _into < _OWN:  # The program before has closed what should be there.
        below, _into = _into, fcntl.fcntl(_into, fcntl.F_DUPFD_CLOEXEC, _OWN)
        os.close(below)
    if reading != 0:
        os.dup2(reading, 0)
        os.close(reading)
    _left = memoryview(data)
    _go_on()
    return io.TextIOWrapper(io.BufferedReader(StandardInput(0, "r", closefd=False)), encoding="utf-8", errors="surrogateescape")


def install() -> None:
    """Have `os.read` put in the rest too, before the fork."""
    real = os.read

    def read(fd: Any, length: Any, /) -> bytes:
        _go_on()
        return real(fd, length)

    os.read = read


class StandardInput(io.FileIO):
    """Descriptor 0, or a copy of it."""

    def readinto(self, buffer: Any) -> int | None:
        _go_on()
        return super().readinto(buffer)

    def read(self, size: int | None = -1) -> bytes | None:
        _go_on()
        return self.readall() if size is None or size < 0 else super().read(size)

    def readall(self) -> bytes:
        found = bytearray()
        while piece := self.read(io.DEFAULT_BUFFER_SIZE):
            found += piece
        return bytes(found)


def names_stream(file: Any) -> bool:
    """Whether `file` is a descriptor, or what a standard stream is called as a file."""
    return isinstance(file, int) or (isinstance(file, str) and file in _STREAMS)


def open_stream(
    real: Any, file: int | str, mode: str = "r", buffering: int = -1, encoding: str | None = None, errors: str | None = None,
    newline: str | None = None, closefd: bool = True, opener: Any = None,
) -> Any:
    """Return what `open`, which is `real`, gives for a descriptor, or for the name of a standard stream."""
    is_input = file == 0 if isinstance(file, int) else _STREAMS[file] == 0
    number = file if isinstance(file, int) else os.dup(_STREAMS[file])
    is_text = encoding is not None or errors is not None or newline is not None
    if not is_input or mode not in (_TEXT if buffering else _TEXT[:0]) + (_BINARY if not is_text else _BINARY[:0]):
        return real(number, mode, buffering, encoding, errors, newline, closefd, opener)
    raw = StandardInput(number, "r", closefd=closefd)
    if buffering == 0:
        return raw
    layer = io.BufferedReader(raw)
    return layer if mode in _BINARY else io.TextIOWrapper(layer, io.text_encoding(encoding), errors, newline)


def _go_on() -> None:
    global _left
    while _into >= 0:
        if not _left:
            _forget()
            return
        try:
            _left = _left[os.write(_into, _left):]
        except BlockingIOError:
            return
        except OSError:
            _forget()  # The program closed what reads it, or this end.


def _forget() -> None:
    global _left, _into
    if _into >= 0:
        with contextlib.suppress(OSError):
            os.close(_into)
    _left, _into = memoryview(b""), -1
