"""The wire of a worker (PROTOCOL.md sections 2, 3 and 5)."""

import gc
import json
import os
import signal
import struct
from typing import Any

__all__ = ("MAX_FRAME_BYTES", "FrameError", "Channel", "new_marker")

MAX_FRAME_BYTES = 16 * 1024 * 1024
_MAX_REQUEST_BYTES = 32 * 1024 * 1024

# Nothing that runs Python code may come between a call and its answer.
_SIGNALS = (signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGHUP, signal.SIGTERM)


def new_marker() -> bytes:
    """Return 16 bytes that nobody can guess. The first is in no UTF-8 text, so that no text waits because it may be a marker's beginning."""
    return b"\xff" + os.urandom(15)


class FrameError(Exception):
    """A frame is cut short, too long, or not a JSON object."""


class Channel:
    """One worker's line to the server: requests in, frames out among standard output."""

    def __init__(self, requests: int, output: int, marker: bytes) -> None:
        self._requests = requests
        self._output = output
        self._marker = marker
        self.is_asking = False

    def receive(self) -> dict[str, Any] | None:
        """Return the next request, or None when the server has closed the connection.

        Raises:
            FrameError: See there.
        """
        head = self._read(4)
        if not head:
            return None
        (length,) = struct.unpack(">I", head)
        if length > _MAX_REQUEST_BYTES:
            raise FrameError(f"a request of {length} bytes, over {_MAX_REQUEST_BYTES}")
        payload = self._read(length)
        if len(payload) < length:
            raise FrameError("the connection ended inside a frame")
        try:
            frame = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise FrameError("not JSON") from error
        if not isinstance(frame, dict):
            raise FrameError("not a JSON object")
        return frame

    def send(self, frame: dict[str, Any]) -> None:
        """Write one frame whole: an interrupt waits until it is out, or the rest of the pipe would be unreadable.

        Raises:
            FrameError: The frame is over MAX_FRAME_BYTES.
        """
        payload = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        if len(payload) > MAX_FRAME_BYTES:
            raise FrameError(f"a {frame['type']} of {len(payload)} bytes, over {MAX_FRAME_BYTES}")
        left = memoryview(self._marker + struct.pack(">I", len(payload)) + payload)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGUSR2))
        try:
            while left:
                left = left[os.write(self._output, left):]
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def exchange(self, call: dict[str, Any], data: Any = b"", room: Any = None) -> dict[str, Any]:
        """Send a call and the bytes that belong to it; return the answer, the bytes that it announces in `room`.

        An interrupt waits for the answer.

        Raises:
            FrameError: The connection has ended.
        """
        if data:
            call["bytes"] = len(data)
        payload = json.dumps(call, ensure_ascii=False, separators=(",", ":")).encode()
        message = struct.pack(">I", len(payload)) + payload
        collects = gc.isenabled()
        gc.disable()  # What it finalizes may call, too.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        self.is_asking = True
        try:
            self._send(message)
            if data:
                self._send(data)
            answer = self.receive()
            if answer is None:
                raise FrameError("the connection has ended")
            if answer["bytes"]:
                self._read_into(memoryview(room)[:answer["bytes"]])
            return answer
        finally:
            self.is_asking = False  # Before the handlers that waited run: they may ask, too.
            if collects:
                gc.enable()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _send(self, data: Any) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._requests, left):]

    def _read_into(self, left: memoryview) -> None:
        while left:
            count = os.readv(self._requests, [left])
            if not count:
                raise FrameError("the connection ended inside a frame")
            left = left[count:]

    def _read(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = os.read(self._requests, count - len(parts))
            if not part:
                if parts:
                    raise FrameError("the connection ended inside a frame")
                return b""
            parts += part
        return bytes(parts)
