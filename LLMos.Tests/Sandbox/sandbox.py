"""Puts the sandbox's Python folder on the path and gives the tests a channel whose frames they can read."""

import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

PYTHON = str(Path(__file__).resolve().parents[2] / "LLMos.Server" / "Runs" / "Sandboxes" / "python")
sys.path.insert(0, PYTHON)

MARKER = bytes(range(200, 216))


def open_channel() -> tuple[Any, int, int]:
    """Return a channel, the end that requests are written to, and the end that output is read from."""
    from llmos_bootstrap.frames import Channel

    requests, requests_end = os.pipe()
    output_end, output = os.pipe()
    return Channel(requests, output, MARKER), requests_end, output_end


def read_frames(output_end: int) -> list[Any]:
    """Return what is in the pipe now: frames as dictionaries, text between them as bytes."""
    os.set_blocking(output_end, False)
    try:
        data = os.read(output_end, 1 << 20)
    except BlockingIOError:
        return []
    found: list[Any] = []
    while data:
        text, marker, rest = data.partition(MARKER)
        if text:
            found.append(text)
        if not marker:
            break
        (length,) = struct.unpack(">I", rest[:4])
        found.append(json.loads(rest[4:4 + length]))
        data = rest[4 + length:]
    return found
