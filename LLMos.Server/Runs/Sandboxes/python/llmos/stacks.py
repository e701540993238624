"""The user's own frames of a traceback, with the part of the line that was at work; both ends of it when it is long."""

import collections
import itertools
import linecache
import traceback
from collections.abc import Iterable
from types import CodeType, TracebackType

__all__ = ("PROGRAM", "is_of_user", "of_user")

_ENDS = 15  # frames at each end
_LEFT_OUT = "<left out>"
# What a program is called in tracebacks; a session's later ones have a number behind it. One that stands for a file has its name.
PROGRAM = "<program>"
_VOLUMES = ("/user/", "/team/", "/system/")
_OF_USER = (PROGRAM[:-1], *_VOLUMES)


class _Stack(traceback.StackSummary):
    def format_frame_summary(self, frame_summary: traceback.FrameSummary) -> str:
        if frame_summary.filename == _LEFT_OUT:
            return f"  … {frame_summary.lineno:,} more calls …\n"
        return super().format_frame_summary(frame_summary)


def of_user(trace: TracebackType | None) -> tuple[traceback.StackSummary, int]:
    """Return the frames of the session's programs, of the user's modules in the volumes and of `exec`, and how many there were before the
    middle was left out."""
    first: list[TracebackType] = []
    last: collections.deque[TracebackType] = collections.deque(maxlen=_ENDS)
    count = 0
    while trace is not None:
        if is_of_user(trace.tb_frame.f_code.co_filename):
            count += 1
            (first if count <= _ENDS else last).append(trace)
        trace = trace.tb_next
    left_out = count - len(first) - len(last)
    return _Stack(_summaries(first) + _middle(left_out) + _summaries(last)), count


def is_of_user(file: str) -> bool:
    """Whether code of `file` was written by the user."""
    if file.startswith(_OF_USER) or file == "<string>":
        return True
    # What the user compiles under a name of their own; libraries have absolute ones.
    return file.endswith(".py") and not file.startswith(("/", "<"))


def _summaries(traces: Iterable[TracebackType]) -> list[traceback.FrameSummary]:
    found = []
    for trace in traces:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith(_VOLUMES):
            linecache.checkcache(code.co_filename)
        number, end_number, column, end_column = _position(code, trace.tb_lasti)
        if number != trace.tb_lineno:
            number, end_number, column, end_column = trace.tb_lineno, None, None, None
        found.append(traceback.FrameSummary(
            code.co_filename, trace.tb_lineno, code.co_name, lookup_line=False, end_lineno=end_number, colno=column, end_colno=end_column))
    return found


def _position(code: CodeType, instruction: int) -> tuple[int | None, int | None, int | None, int | None]:
    return next(itertools.islice(code.co_positions(), max(0, instruction // 2), None), (None,) * 4)


def _middle(left_out: int) -> list[traceback.FrameSummary]:
    return [traceback.FrameSummary(_LEFT_OUT, left_out, "", lookup_line=False)] if left_out else []
