"""A file of the volumes as Python's io layers use one: reads ahead, and becomes visible to others, whole, when it is closed."""

import asyncio
import contextlib
import errno
import gc
import io
import sys
from collections.abc import Callable
from typing import Any

from llmos import calls

__all__ = ("VolumeFile",)

_MAX_BYTES = 1024 * 1024  # of one call
_FIRST_BLOCK, _LARGEST_BLOCK = 64 * 1024, 512 * 1024


class VolumeFile(io.RawIOBase):
    """Open for reading: one version, whatever happens to the file. Open for writing: a draft, which nobody else sees.

    Args:
        whole: See `places.find`.
        name: What the program called it.
        mode: "read", "write", "new", "append" or "update".
        reads: Whether what is written can be read, too.
    """

    # Failures of files that were closed because nothing refers to them any more: Python drops those.
    unheard: list[OSError] = []

    # The layer above that the program has, and whether there is none.
    outermost: Callable[[], Any] = staticmethod(lambda: None)
    is_outermost = True

    def __init__(self, whole: str, name: Any, mode: str, reads: bool) -> None:
        self.name = name
        self.whole = whole
        self.opened_as = mode
        self.failure: OSError | None = None
        # One that is only looked at has no next version.
        self._is_changed = mode != "update"
        self._handle: int | None = None
        self._reads = reads
        self._writes = mode != "read"
        # What a handler of an interrupt saves is meant to stay.
        self._outlives_interrupts = _is_interrupted()
        self._position = 0
        self._block = bytearray(0 if self._writes else _FIRST_BLOCK)
        self._filled = 0
        self._block_at = 0
        # Reading what is added to means to have it all here.
        kind = "extend" if mode == "append" and reads else mode
        try:
            answer = self._open(kind)
        except FileNotFoundError:
            if kind != "extend":
                raise
            answer = self._open("write")
        self._filled = answer["bytes"]
        self._handle = answer["handle"]
        before = answer["entry"]["bytes"] if answer["entry"] else 0
        self._size = 0 if mode == "write" else before
        # Of a draft that is only added to, the file's part before it is not here.
        self._offset = before if mode == "append" and not reads else 0
        if mode == "append":
            self._position = before

    def _open(self, mode: str) -> dict[str, Any]:
        try:
            return calls.ask("open", room=self._block, name=self.name, path=self.whole, mode=mode)
        except OSError as refusal:
            # Too many, but there may be some that nobody can reach any more.
            if refusal.errno != errno.EMFILE or not gc.collect():
                raise
            return calls.ask("open", room=self._block, name=self.name, path=self.whole, mode=mode)

    def readable(self) -> bool:
        return self._reads

    def writable(self) -> bool:
        return self._writes

    def seekable(self) -> bool:
        self._require_open()
        return True

    def readinto(self, buffer: Any) -> int:
        self._require_open()
        if not self._reads:
            raise io.UnsupportedOperation("not readable")
        target = memoryview(buffer).cast("B")
        if self._writes:
            return self._fetch(self._position, target[:_MAX_BYTES], moves=True)
        at = self._position - self._block_at
        if not 0 <= at < self._filled:
            if self._position >= self._size:
                return 0
            if len(target) >= len(self._block):
                return self._fetch(self._position, target[:_MAX_BYTES], moves=True)
            self._read_ahead()
            at = 0
        count = min(len(target), self._filled - at)
        target[:count] = memoryview(self._block)[at:at + count]
        self._position += count
        return count

    def write(self, data: Any) -> int:
        self._require_open()
        if not self._writes:
            raise io.UnsupportedOperation("not writable")
        if self.failure is not None:
            raise self.failure
        piece = memoryview(data).cast("B")[:_MAX_BYTES]
        if not piece:
            return 0
        if self.opened_as == "append":
            self._position = self._size
        self._try("write", piece, offset=self._position - self._offset)
        self._position += len(piece)
        self._size = max(self._size, self._position)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._require_open()
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}.get(whence)
        if base is None:
            raise ValueError(f"invalid whence ({whence}, should be 0, 1 or 2)")
        if base + offset < 0:
            raise OSError(errno.EINVAL, "Invalid argument")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        self._require_open()
        return self._position

    def truncate(self, size: int | None = None) -> int:
        self._require_open()
        if not self._writes:
            raise io.UnsupportedOperation("truncate")
        size = self._position if size is None else size
        if size < self._offset:
            raise io.UnsupportedOperation("a file that is only added to cannot be made shorter; open it with 'r+'")
        self._try("resize", length=size - self._offset)
        self._size = size
        return size

    def fileno(self) -> int:
        raise io.UnsupportedOperation(f"'{self.name}' lies in the volumes and has no file descriptor")

    def isatty(self) -> bool:
        return False

    @property
    def mode(self) -> str:
        letter = {"read": "r", "write": "w", "new": "x", "append": "a", "update": "r"}[self.opened_as]
        return f"{letter}b+" if self._reads and self._writes else f"{letter}b"

    def discard(self) -> None:
        """Forget what was written: closing will leave the file as it was."""
        self.failure = OSError(errno.ECANCELED, "The run was interrupted, so what was written is discarded", self.name)

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        handle, self._handle = self._handle, None
        if handle is None:
            return
        if not self._writes or not self._is_changed or self.failure is not None or (_is_interrupted() and not self._outlives_interrupts):
            calls.ask("discard", handle=handle)
            return
        try:
            calls.ask("commit", handle=handle, name=self.name)
        except OSError as failure:
            self.failure = failure
            self._tell_later(failure)
            raise

    def __del__(self) -> None:
        if self.is_outermost and not self.closed:
            self._finalizing = True
            with contextlib.suppress(OSError):
                self.close()

    def _try(self, call: str, data: Any = b"", **members: Any) -> None:
        """What could not be written whole does not become visible."""
        self._is_changed = True
        try:
            calls.ask(call, data, name=self.name, handle=self._handle, **members)
        except OSError as failure:
            self.failure = failure
            self._tell_later(failure)
            raise

    def _tell_later(self, failure: OSError) -> None:
        outer = self if self.is_outermost else self.outermost()
        if outer is None or getattr(outer, "_finalizing", False):
            self.unheard.append(failure)

    def _read_ahead(self) -> None:
        # Who reads on from where the block ended gets a larger one.
        if self._position == self._block_at + self._filled and self._position:
            if len(self._block) < _LARGEST_BLOCK:
                self._block = bytearray(min(len(self._block) * 4, _LARGEST_BLOCK))
        self._filled = 0
        self._filled = self._fetch(self._position, memoryview(self._block), moves=False)
        self._block_at = self._position

    def _fetch(self, position: int, target: memoryview, moves: bool) -> int:
        if not target or position >= self._size:
            return 0
        length = min(len(target), self._size - position)
        count: int = calls.ask("read", room=target, name=self.name, handle=self._handle, offset=position, length=length)["bytes"]
        if moves:
            self._position += count
        return count

    def _require_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")


def _is_interrupted() -> bool:
    """Whether a file is closed because the program is being ended in the middle of it: a `with` that is left by an interrupt."""
    import sys

    return isinstance(sys.exc_info()[1], (KeyboardInterrupt, asyncio.CancelledError))
