"""DataFrames and Series: HTML for people, and a head in Markdown with the shape below, which language models read best."""

import contextlib
import itertools
import sys
from collections.abc import Callable
from typing import Any

__all__ = ("of_frame", "of_series")

_MAX_ROWS, _MAX_COLUMNS, _MAX_CELL = 20, 12, 80
_HTML_COLUMNS = 20


def of_frame(frame: Any) -> dict[str, Callable[[], Any]]:
    return {
        "text/html": lambda: _html_of(frame),
        "text/markdown": lambda: _table(frame) + f"\n\n{frame.shape[0]:,} rows × {frame.shape[1]:,} columns",
    }


def of_series(series: Any) -> dict[str, Callable[[], Any]]:
    return {
        "text/html": lambda: _html_of(series.to_frame()),
        "text/markdown": lambda: _table(series.to_frame()) + f"\n\n{len(series):,} values, {series.dtype}",
    }


def _html_of(frame: Any) -> str:
    pandas = sys.modules["pandas"]
    columns = contextlib.nullcontext()
    # Zero is "as wide as the terminal", which is not here.
    if not pandas.get_option("display.max_columns"):
        columns = pandas.option_context("display.max_columns", _HTML_COLUMNS)
    with columns:
        return frame._repr_html_()


def _table(frame: Any) -> str:
    head = frame.iloc[:_MAX_ROWS, :_MAX_COLUMNS]
    names = [_cell(name) for name in head.columns]
    levels = " / ".join(_cell(name) for name in itertools.islice(head.index.names, _MAX_COLUMNS) if name is not None)
    rows = [[_cell(index), *map(_cell, values)] for index, *values in head.itertuples(name=None)]
    lines = [f"| {levels} | ".replace("  ", " ") + " | ".join(names) + " |", "|" + " --- |" * (len(names) + 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, tuple):  # of a MultiIndex
        return " / ".join(_cell(part) for part in value[:_MAX_COLUMNS])[:_MAX_CELL]
    try:
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose str raised {type(error).__name__}>"
    text = text if len(text) <= _MAX_CELL else text[:_MAX_CELL - 1] + "…"
    return " ".join(text.replace("|", "\\|").splitlines())
