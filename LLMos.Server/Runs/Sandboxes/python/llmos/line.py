"""The program's line to the server: one per process, set when the program starts."""

from collections.abc import Callable
from typing import Any

__all__ = ("connect", "program_number", "send")

_channel: Any = None
_programs = 0
_before_sending: list[Callable[[], None]] = []


def connect(channel: Any, before_sending: Callable[[], None]) -> None:
    """Use `channel` from now on; `before_sending` flushes text that was written earlier, so that order is kept."""
    global _channel, _programs
    _channel = channel
    _programs += 1
    _before_sending[:] = [before_sending]


def program_number() -> int:
    """Return which of a session's programs this is."""
    return _programs


def send(frame: dict[str, Any]) -> None:
    """Send one frame after all text that was written before it. Does nothing outside a run."""
    if _channel is None:
        return
    for flush in _before_sending:
        try:
            flush()
        except (OSError, ValueError):
            pass  # The program closed its standard output; what it sends otherwise still arrives.
    _channel.send(frame)
