"""The user's own frames of a traceback, both ends of it when it is long."""

import collections
import traceback
from types import FrameType, TracebackType

__all__ = ("of_user",)

_ENDS = 15  # frames at each end
_LEFT_OUT = "<left out>"


class _Stack(traceback.StackSummary):
    def format_frame_summary(self, frame_summary: traceback.FrameSummary) -> str:
        if frame_summary.filename == _LEFT_OUT:
            return f"  … {frame_summary.lineno:,} more calls …\n"
        return super().format_frame_summary(frame_summary)


def of_user(trace: TracebackType | None, program: str) -> tuple[traceback.StackSummary, int]:
    """Return the frames of `program` and of the session's earlier ones, and how many there were before the middle was left out."""
    begins = program.rstrip("0123456789>").rstrip()
    first: list[tuple[FrameType, int]] = []
    last: collections.deque[tuple[FrameType, int]] = collections.deque(maxlen=_ENDS)
    count = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(begins):
            count += 1
            (first if count <= _ENDS else last).append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    left_out = count - len(first) - len(last)
    return _Stack(_summaries(first) + _middle(left_out) + _summaries(last)), count


def _summaries(frames: list[tuple[FrameType, int]] | collections.deque[tuple[FrameType, int]]) -> list[traceback.FrameSummary]:
    return list(traceback.StackSummary.extract(iter(frames)))


def _middle(left_out: int) -> list[traceback.FrameSummary]:
    return [traceback.FrameSummary(_LEFT_OUT, left_out, "", lookup_line=False)] if left_out else []
