"""Standard output and error: at once while there is little, in large pieces while there is much. Both live as long as the process."""

import contextlib
import gc
import io
import sys
import time
import weakref
from collections.abc import Callable
from typing import Any

__all__ = ("ErrorStream", "OutputStream", "flush_all", "remember")

_WINDOW_SECONDS = 0.01
_WRITES_PER_WINDOW = 100
_MAX_PIECE = 1_000_000  # characters of a frame
_ENCODING, _ERRORS = "utf-8", "surrogateescape"


# What programs have put streams of their own above: asked by each whether it can seek.
_wrapped: "weakref.WeakSet[Any]" = weakref.WeakSet()


class _Below(io.BufferedWriter):
    """The bytes of standard output. Closing it, as a stream that is no longer used does with what is below it, only flushes."""

    def seekable(self) -> bool:
        _wrapped.add(self)
        return False

    def close(self) -> None:
        self.flush()


class OutputStream(io.TextIOWrapper):
    """sys.stdout: descriptor 1, shared with C code.

    A write is a system call as long as writes are rare, so that the user sees it at once. In a flood the class steps aside:
    the instance's `write` becomes the C one, text gathers in large pieces, and the server asks for the rest with a signal
    (see `gathered`) as soon as the pipe falls quiet. A print costs 0.2 µs then instead of 1.5.
    """

    def __init__(self, announce_buffering: Callable[[], None]) -> None:
        self._below = _Below(io.FileIO(1, "w", closefd=False), 1 << 16)
        super().__init__(self._below, encoding=_ENCODING, errors=_ERRORS, newline="\n")
        _wrapped.discard(self._below)
        self._announce_buffering = announce_buffering
        self._window_start = 0.0
        self._writes = 0

    def write(self, text: str) -> int:
        count = super().write(text)
        self.flush()
        now = time.monotonic()
        if now - self._window_start > _WINDOW_SECONDS:
            self._window_start = now
            self._writes = 0
        self._writes += 1
        if self._writes > _WRITES_PER_WINDOW:
            # In this order: the signal that asks for the text may come as soon as it is announced.
            self.write = super().write  # type: ignore[method-assign]
            self._announce_buffering()
        return count

    def gathered(self, *_: Any) -> None:
        """Signal handler: write what was gathered and be immediate again."""
        try:
            self.flush()
        except RuntimeError:
            # The signal came inside a write, whose end may be gathered: the server shall ask again.
            self._announce_buffering()
        else:
            self._be_immediate()

    def renew(self) -> "OutputStream":
        """Return the stream for the next program: this one as it was made, or, when a program took it apart, another."""
        if _buffer_of(self) is None:
            return OutputStream(self._announce_buffering)
        self.reconfigure(encoding=_ENCODING, errors=_ERRORS, newline="\n", line_buffering=False, write_through=False)
        self._be_immediate()
        return self

    def flush(self) -> None:
        """Write what was gathered, here and in a stream that the program has put above the same buffer."""
        above = sys.stdout
        if type(above) is io.TextIOWrapper and not above.closed and _buffer_of(above) is self._below:
            above.flush()
        if _buffer_of(self) is None:
            self._below.flush()
        else:
            super().flush()

    def close(self) -> None:
        """Only flush: descriptor 1 is also C code's, and the run goes on."""
        self.flush()

    def _be_immediate(self) -> None:
        self.__dict__.pop("write", None)
        self._window_start = 0.0


def remember(stream: Any) -> Any:
    """Return `stream`, which a program has opened over a descriptor, and write at its end what is gathered there."""
    with contextlib.suppress(TypeError):
        _opened.add(stream)
    return stream


def flush_all() -> None:
    """Write what is gathered in any stream above standard output, error and other descriptors, whoever made it."""
    above = [thing for below in _wrapped for thing in gc.get_referrers(below) if isinstance(thing, io.TextIOWrapper)]
    for stream in (sys.stdout, sys.stderr, *above, *_opened):
        with contextlib.suppress(Exception):  # The program closed it, or made one that cannot.
            stream.flush()


_opened: "weakref.WeakSet[Any]" = weakref.WeakSet()


def _buffer_of(stream: io.TextIOWrapper) -> Any:
    try:
        return stream.buffer
    except ValueError:
        return None  # Detached: to reconfigure it then is the end of the process.


class ErrorStream(io.TextIOWrapper):
    """sys.stderr: frames, so that its place among standard output and figures is exact."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        below = _Frames(send)
        super().__init__(below, encoding=_ENCODING, errors="backslashreplace", newline="\n", write_through=True)
        _wrapped.discard(below)

    def renew(self) -> "ErrorStream":
        """Return the stream for the next program, as `OutputStream.renew` does."""
        if _buffer_of(self) is None:
            return ErrorStream(self._send)
        self.reconfigure(encoding=_ENCODING, errors="backslashreplace", newline="\n", write_through=True)
        return self

    def close(self) -> None:
        """Stay open: the run goes on, and `sys.stdout` closes so too."""


class _Frames(io.RawIOBase):
    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        _wrapped.add(self)
        return False

    def close(self) -> None:
        """Stay open, as below: the run goes on."""

    def fileno(self) -> int:
        return 2

    def write(self, data: Any) -> int:
        text = bytes(data).decode("utf-8", "replace")
        for start in range(0, len(text), _MAX_PIECE):
            self._send({"type": "stderr", "text": text[start:start + _MAX_PIECE]})
        return len(data)
