"""DataFrames and Series: HTML for people, and a head in Markdown with the shape below, which language models read best."""

import contextlib
import itertools
import sys
from collections.abc import Callable
from typing import Any

__all__ = ("of_frame", "of_series")

_MAX_ROWS, _MAX_COLUMNS, _MAX_CELL = 20, 12, 80
_HTML_COLUMNS = 20
# What a program that asks for more gets; and pandas' own values, which ask for nothing.
_MOST_ROWS, _MOST_COLUMNS, _MOST_CELL = 200, 100, 1_000
_DEFAULTS = {"display.max_rows": 60, "display.max_columns": 0, "display.max_colwidth": 50}


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
    # Zero is "as wide as the terminal", which is not here; None is all of them.
    if pandas.get_option("display.max_columns") == 0:
        columns = pandas.option_context("display.max_columns", _HTML_COLUMNS)
    with columns:
        return frame._repr_html_()


def _table(frame: Any) -> str:
    head = frame.iloc[:_option("display.max_rows", _MAX_ROWS, _MOST_ROWS), :_option("display.max_columns", _MAX_COLUMNS, _MOST_COLUMNS)]
    names = [_cell(name) for name in head.columns]
    levels = " / ".join(_cell(name) for name in itertools.islice(head.index.names, _MAX_COLUMNS) if name is not None)
    indices = [_column(head.index.get_level_values(level).to_series()) for level in range(min(head.index.nlevels, _MAX_COLUMNS))]
    columns = [_column(head.iloc[:, place]) for place in range(len(names))]
    rows = [[" / ".join(cells)[:_width()] for cells in zip(*indices)], *columns]
    lines = [f"| {levels} | ".replace("  ", " ") + " | ".join(names) + " |", "|" + " --- |" * (len(names) + 1)]
    lines += ["| " + " | ".join(row) + " |" for row in zip(*rows)]
    return "\n".join(lines)


def _column(series: Any) -> list[str]:
    """Its cells as pandas prints them, digits and all; a text and what cannot be printed as a cell of its own."""
    try:
        with sys.modules["pandas"].option_context("display.max_colwidth", _width()):
            formatter = sys.modules["pandas.io.formats.format"].DataFrameFormatter(series.to_frame("c"))
            printed = [text.strip() for text in formatter.format_col(0)]
    except Exception:
        printed = [""] * len(series)
    return [_cell(value if not text or issubclass(type(value), (str, tuple)) else text) for value, text in zip(series, printed, strict=True)]


def _option(name: str, usual: int, most: int) -> int:
    """How many to show: `usual`, or what the program has set, None being all there are; at most `most`."""
    chosen = sys.modules["pandas"].get_option(name)
    if chosen == _DEFAULTS[name]:
        return usual
    return most if chosen is None else max(1, min(chosen, most))


def _width() -> int:
    return _option("display.max_colwidth", _MAX_CELL, _MOST_CELL)


def _cell(value: Any) -> str:
    if isinstance(value, tuple):  # of a MultiIndex
        return " / ".join(_cell(part) for part in value[:_MAX_COLUMNS])[:_width()]
    try:
        text = str(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose str raised {type(error).__name__}>"
    width = _width()
    text = text if len(text) <= width else text[:width - 1] + "…"
    return " ".join(text.replace("|", "\\|").splitlines())
