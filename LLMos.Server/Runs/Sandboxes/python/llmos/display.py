"""Objects as MIME bundles: a dictionary from type to text, binary types as base64."""

import base64
import sys
from typing import Any

from llmos.line import send

__all__ = ("bundle_of", "display")

_MAX_TEXT = 1_000_000
_MAX_TYPES = 32
_MAX_ROWS, _MAX_COLUMNS = 20, 12

# method → MIME type, as in Jupyter's display protocol
_REPRESENTATIONS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_latex_": "text/latex",
    "_repr_json_": "application/json",
}


def display(*things: Any) -> None:
    """Show each of `things` where the program is now, between what it prints before and after."""
    for thing in things:
        send({"type": "display", "data": bundle_of(thing)})


def bundle_of(thing: Any) -> dict[str, str]:
    """Return the representations that `thing` has; always with text/plain.

    A representation that raises or is no text is left out: a broken `_repr_html_` must not hide the value.
    """
    bundle: dict[str, str] = {}
    offered = _call(thing, "_repr_mimebundle_")
    if isinstance(offered, tuple):
        offered = offered[0]
    if isinstance(offered, dict):
        for kind, value in offered.items():
            _add(bundle, str(kind), value)
    for method, kind in _REPRESENTATIONS.items():
        if kind not in bundle:
            _add(bundle, kind, _call(thing, method))
    if _is_frame(thing):
        _add(bundle, "text/markdown", _markdown_table(thing))
    if "text/plain" not in bundle:
        _add(bundle, "text/plain", _text_of(thing))
    return bundle


def _call(thing: Any, method: str) -> Any:
    if isinstance(thing, type) or not hasattr(type(thing), method):
        return None
    try:
        return getattr(thing, method)()
    except Exception:
        return None


def _add(bundle: dict[str, str], kind: str, value: Any) -> None:
    if isinstance(value, bytes):
        value = base64.b64encode(value).decode("ascii")
    elif isinstance(value, (dict, list)):
        import json

        value = json.dumps(value, default=str)
    # A place is kept for the plain text, which every bundle has.
    if isinstance(value, str) and (kind == "text/plain" or len(bundle) < _MAX_TYPES - 1):
        if kind.startswith("text/") and len(value) > _MAX_TEXT:
            value = f"{value[:_MAX_TEXT]}… ({len(value) - _MAX_TEXT:,} more characters)"
        bundle[kind] = value


def _text_of(thing: Any) -> str:
    try:
        return repr(thing)
    except Exception as error:
        return f"<{type(thing).__name__} whose repr raised {type(error).__name__}>"


def _is_frame(thing: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(thing, pandas.DataFrame)


def _markdown_table(frame: Any) -> str:
    """A DataFrame's head as a Markdown table with its shape below: what a language model reads best."""
    head = frame.iloc[:_MAX_ROWS, :_MAX_COLUMNS]
    names = [_cell(name) for name in head.columns]
    rows = [[_cell(index), *map(_cell, values)] for index, *values in head.itertuples(name=None)]
    lines = ["| | " + " | ".join(names) + " |", "|" + " --- |" * (len(names) + 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + f"\n\n{frame.shape[0]:,} rows × {frame.shape[1]:,} columns"


def _cell(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    text = text.replace("|", "\\|").replace("\n", " ")
    return text if len(text) <= 80 else text[:79] + "…"
