"""Standard output and error of a program: at once while there is little, in large pieces while there is much."""

import io
import time
from collections.abc import Callable
from typing import Any

__all__ = ("ErrorStream", "OutputStream")

_WINDOW_SECONDS = 0.01
_WRITES_PER_WINDOW = 100
_MAX_PIECE = 1_000_000  # characters of a frame


class OutputStream(io.TextIOWrapper):
    """sys.stdout: descriptor 1, shared with C code.

    A write is a system call as long as writes are rare, so that the user sees it at once. In a flood the class steps aside:
    the instance's `write` becomes the C one, text gathers in large pieces, and the server asks for the rest with a signal
    (see `gathered`) as soon as the pipe falls quiet. A print costs 0.2 µs then instead of 1.5.
    """

    def __init__(self, announce_buffering: Callable[[], None]) -> None:
        super().__init__(
            io.BufferedWriter(io.FileIO(1, "w", closefd=False), 1 << 16),
            encoding="utf-8", errors="surrogateescape", newline="\n",
        )
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
            self._announce_buffering()
            self.write = super().write  # type: ignore[method-assign]
        return count

    def gathered(self, *_: Any) -> None:
        """Signal handler: write what was gathered and be immediate again."""
        try:
            self.flush()
        except RuntimeError:
            return  # The signal came inside a flush, which is what it asks for.
        self.__dict__.pop("write", None)
        self._window_start = 0.0

    def close(self) -> None:
        """Only flush: descriptor 1 is also C code's, and the run goes on."""
        self.flush()


class ErrorStream(io.TextIOWrapper):
    """sys.stderr: frames, so that its place among standard output and figures is exact."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(_Frames(send), encoding="utf-8", errors="backslashreplace", newline="\n", write_through=True)


class _Frames(io.RawIOBase):
    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2

    def write(self, data: Any) -> int:
        text = bytes(data).decode("utf-8", "replace")
        for start in range(0, len(text), _MAX_PIECE):
            self._send({"type": "stderr", "text": text[start:start + _MAX_PIECE]})
        return len(data)
