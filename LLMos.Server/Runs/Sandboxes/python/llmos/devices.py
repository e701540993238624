"""Serial devices of the server, each with a lease for as long as a program has it open.

    import llmos
    with llmos.devices.open("virtual-1", wait=10) as board:
        print(board.command("get_info"))
        board.write(b"hello\\n")
        line = board.readline()
"""

import errno
import json
import operator
import re
import time
from typing import Any

from llmos.calls import exchange

__all__ = ("Device", "list", "open")

_MOST_BYTES = 64 * 1024
_MOST_KEPT = 1024 * 1024
_MOST_CALL = 32 * 1024


class Device:
    """An open device. Its bytes are those that came since it was opened, each once; names and bounds are pyserial's where it has them.

    Raises:
        OSError: From each method: the lease has ended (PermissionError), the device is not connected (ENODEV).
    """

    def __init__(self, handle: int, facts: dict[str, Any]) -> None:
        self._handle: int | None = handle
        self._kept = bytearray()
        self.id: str = facts["id"]
        self.name: str = facts["name"]

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:  # noqa: BLE001 - The line may be in use, or gone; the server ends the lease in any case.
            pass

    def __repr__(self) -> str:
        return f"<device {self.id} {'closed' if self._handle is None else 'open'}>"

    def close(self) -> None:
        """Give the lease back. May be called twice."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            _ask("close", self.id, handle=handle)

    def read(self, size: int = _MOST_BYTES, timeout: float = 1.0) -> bytes:
        """Return what has come, 1 to `size` bytes, or b"" when nothing came for `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not self._kept and self._fill(deadline):
            pass
        return self._take(min(size, len(self._kept)))

    def readline(self, timeout: float = 5.0) -> bytes:
        """Return a line with its end, or what there is of it after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        searched = 0
        while (end := self._kept.find(b"\n", searched)) < 0:
            searched = len(self._kept)
            if searched >= _MOST_KEPT or not self._fill(deadline):
                return self._take(searched)
        return self._take(end + 1)

    def reset_input_buffer(self) -> None:
        """Forget what has come until now, such as replies to commands."""
        self._kept.clear()
        while self._fill(0):
            self._kept.clear()

    def expect(self, pattern: str | bytes, timeout: float = 5.0) -> re.Match[Any]:
        """Return the match of a regular expression in what comes; all up to its end is used up. A str pattern sees invalid UTF-8 as boxes.

        Raises:
            TimeoutError: It was not there after `timeout` seconds, or 1 MiB; nothing is used up.
        """
        deadline = time.monotonic() + timeout
        compiled = re.compile(pattern)
        while True:
            seen = bytes(self._kept)
            text: Any = seen.decode("utf-8", "replace") if isinstance(pattern, str) else seen
            if found := compiled.search(text):
                end = text[: found.end()]
                self._take(_length(seen, end) if isinstance(end, str) else len(end))
                return found
            if len(seen) >= _MOST_KEPT or not self._fill(deadline):
                raise TimeoutError(errno.ETIMEDOUT, f"{pattern!r} did not come within {timeout:g} s; the last bytes were {seen[-200:]!r}", self.id)

    def write(self, data: bytes | str) -> int:
        """Send all bytes (of text: its UTF-8); return how many."""
        left = memoryview(data.encode() if isinstance(data, str) else data).cast("B")
        length = len(left)
        while left:
            self._do("write", left[:_MOST_BYTES])
            left = left[_MOST_BYTES:]
        return length

    def command(self, action: str, /, *, timeout: float = 5.0, **members: Any) -> dict[str, Any]:
        """Send a command of the JSON protocol and return the reply; its `status` is "ok" or "error".

        Raises:
            TimeoutError: No reply came within `timeout` seconds, 0.1 to 60.
            ConnectionResetError: The board restarted instead.
        """
        if not 0.1 <= timeout <= 60:
            raise ValueError("timeout must be 0.1 to 60 s")
        return self._do("command", command={"action": action, **members}, timeoutSeconds=float(timeout))["reply"]

    def reset(self, mode: str = "run") -> None:
        """Restart the board by its DTR and RTS lines, into "run" or "bootloader" mode."""
        self._do("reset", mode=str(mode))

    def configure(self, baud_rate: int = 115_200, data_bits: int = 8, parity: str = "none", stop_bits: str = "1", flow_control: str = "none") -> None:
        """Set the line; parity is none, odd, even, mark or space, stop bits 1, 1.5 or 2, flow control none, rts-cts or xon-xoff."""
        words = {"parity": str(parity), "stopBits": str(stop_bits), "flowControl": str(flow_control)}
        self._do("settings", settings={"baudRate": operator.index(baud_rate), "dataBits": operator.index(data_bits), **words})

    def signals(self, dtr: bool | None = None, rts: bool | None = None, send_break: bool | None = None) -> None:
        """Set lines, all at the same moment; None leaves one."""
        lines = {"dtr": dtr, "rts": rts, "break": send_break}
        self._do("signals", **{name: None if on is None else bool(on) for name, on in lines.items()})

    def _fill(self, deadline: float) -> bool:
        room = bytearray(_MOST_BYTES)
        while True:
            count = _ask("read", self.id, b"", room, handle=self._opened(), length=_MOST_BYTES)["bytes"]
            if count:
                self._kept += room[:count]
                return True
            if time.monotonic() >= deadline:
                return False

    def _take(self, count: int) -> bytes:
        taken = bytes(self._kept[:count])
        del self._kept[:count]
        return taken

    def _do(self, what: str, data: Any = b"", /, **members: Any) -> dict[str, Any]:
        answer = _ask(what, self.id, data, handle=self._opened(), **members)
        return _finish(self.id, answer)

    def _opened(self) -> int:
        if self._handle is None:
            raise ValueError("I/O operation on a closed device")
        return self._handle


def open(device: str, *, wait: int = 0, take_over: bool = False, reason: str | None = None) -> Device:  # noqa: A001 - As webbrowser and tarfile do.
    """Open a device by its id or name.

    Args:
        wait: Seconds in the queue while somebody else has it, 0 to 300.
        take_over: End a lease of your own (an administrator: of anybody) instead.
        reason: Shown to those who would like to have it.

    Raises:
        OSError: There is none (ENODEV), or somebody else has it (EBUSY); the message says who.
    """
    if not 0 <= wait <= 300:
        raise ValueError("wait must be 0 to 300 s")
    answer = _ask("open", device, name=str(device), waitSeconds=int(wait), takeOver=bool(take_over), reason=None if reason is None else str(reason))
    handle = answer["handle"]
    try:
        return Device(handle, _finish(device, answer)["device"])
    except KeyboardInterrupt:
        _ask("close", device, handle=handle)
        raise


def list() -> Any:  # noqa: A001 - llmos.devices.list() is what it reads as.
    """Return all devices: dicts with id, name, tags, kind, state, settings, lease (who has it) and more."""
    return _ask("list", None)["devices"]


def _finish(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    # The server answers in a moment in any case, so that an interrupt gets through.
    while answer["pending"]:
        answer = _ask("poll", name, handle=answer["handle"])
    return answer


def _ask(_what: str, _name: str | None, _data: Any = b"", _room: Any = None, /, **members: Any) -> dict[str, Any]:
    try:
        length = len(json.dumps(members))
    except (TypeError, RecursionError) as error:
        raise TypeError(f"a command is made of JSON: {error}") from None
    if length > _MOST_CALL:
        raise ValueError(f"a command has {_MOST_CALL} characters at most")
    return exchange({"device": _what, **members}, _data, _room, _name)


def _length(seen: bytes, text: str) -> int:
    """Return how many bytes of `seen` become `text`, its beginning with boxes for what is invalid: the most that are no more than it."""
    low, high = 0, len(seen)
    while low < high:
        middle = (low + high + 1) // 2
        if len(seen[:middle].decode("utf-8", "replace")) <= len(text):
            low = middle
        else:
            high = middle - 1
    return low
