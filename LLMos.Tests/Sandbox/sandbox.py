"""Puts the sandbox's Python folder on the path and gives the tests a channel whose frames they can read."""

import atexit
import json
import os
import struct
import subprocess
import sys
import tempfile
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
        return parse(os.read(output_end, 1 << 20))
    except BlockingIOError:
        return []


_FORKING = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from llmos import program, sources, standard_input
from llmos_bootstrap.frames import Channel
sources.install()
standard_input.install()
for line in sys.stdin:
    message = json.loads(line)
    if (child := os.fork()) == 0:
        os.dup2(os.open(message["output"], os.O_WRONLY), 1)
        run = program.prepare(Channel(0, os.dup(1), bytes.fromhex(sys.argv[2])))
        for request in message["requests"]:
            run(request)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""
_forking: "subprocess.Popen[str] | None" = None


def run(*programs: str | dict[str, Any], stdin: str | None = None) -> list[list[Any]]:
    """Run programs in a process without walls and packages, several as a session; return of each its frames and its text as bytes.

    A program is its text, or the members of its request.
    """
    global _forking
    if _forking is None:
        _forking = subprocess.Popen(
            [sys.executable, "-c", _FORKING, PYTHON, MARKER.hex()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(_forking.communicate)
    with tempfile.NamedTemporaryFile() as output:
        requests = [{"stdin": stdin, "keeps": len(programs) > 1, **(one if isinstance(one, dict) else {"code": one})} for one in programs]
        _forking.stdin.write(json.dumps({"output": output.name, "requests": requests}) + "\n")
        _forking.stdin.flush()
        if (status := _forking.stdout.readline()) != "0\n":
            raise AssertionError(f"status {status}")
        data = output.read()
    told: list[list[Any]] = [[]]
    for part in parse(data):
        told[-1].append(part)
        if isinstance(part, dict) and part["type"] == "ended":
            told.append([])
    return told[:-1]


def printed(told: list[Any], kind: str = "stdout") -> str:
    """Return all text of one stream."""
    parts = [part.decode() if kind == "stdout" and isinstance(part, bytes) else part["text"] if kind == "stderr" and isinstance(part, dict) and part["type"] == kind
             else "" for part in told]
    return "".join(parts)


def parse(data: bytes) -> list[Any]:
    """Return what was sent: frames as dictionaries, text between them as bytes."""
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
