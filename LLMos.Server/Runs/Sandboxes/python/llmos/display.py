"""Objects as MIME bundles, by the display protocol of Jupyter."""

import sys
from collections.abc import Callable
from typing import Any

from llmos import failures, known
from llmos.bundle import Bundle
from llmos.json_values import json_of
from llmos.line import send

__all__ = ("bundle_of", "display", "shows_itself")

# method → MIME type
_REPRESENTATIONS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_pdf_": "application/pdf",
    "_repr_latex_": "text/latex",
    "_repr_json_": "application/json",
    "_repr_javascript_": "application/javascript",
}

# An object that answers to this answers to everything and means nothing by it.
_CANARY = "_ipython_canary_method_should_not_exist_"
_BY_ITSELF = "_ipython_display_"
_MAX_REASON = 300


def display(*things: Any) -> None:
    """Show each of `things` where the program is now, between what it prints before and after."""
    for thing in things:
        if shows_itself(thing):
            continue
        known.show_again(thing)
        send({"type": "display", "data": bundle_of(thing)})


def shows_itself(thing: Any) -> bool:
    """Have `thing` show itself if it is one of those that do; say whether it did."""
    if issubclass(type(thing), type) or not callable(getattr(type(thing), _BY_ITSELF, None)) or callable(getattr(type(thing), _CANARY, None)):
        return False
    _call(thing, _BY_ITSELF)
    return True


def bundle_of(thing: Any) -> dict[str, str]:
    """Return the representations that `thing` has; always with text/plain.

    A representation that is None or no text is left out, and one that raises is too, with a line on standard error: a broken
    `_repr_html_` must not hide the value.
    """
    bundle = Bundle()
    # Its type, not what it says of itself.
    if not issubclass(type(thing), type):
        _add_offered(bundle, thing)
        made = _guarded(lambda: known.representations(thing), f"What shows a {type(thing).__name__}") or {}
        for kind, make in made.items():
            _guarded(lambda: bundle.add(kind, make()), f"{kind} of {type(thing).__name__}")
        for method, kind in _REPRESENTATIONS.items():
            if kind not in bundle.data and kind not in made:
                _guarded(lambda: bundle.add(kind, _without_metadata(_call(thing, method))), f"{type(thing).__name__}.{method}")
    if "text/plain" not in bundle.data:
        bundle.add("text/plain", _text_of(thing))
    if "application/json" not in bundle.data and (json := json_of(thing)) is not None:
        bundle.add("application/json", json)
    return bundle.finish()


def _add_offered(bundle: Bundle, thing: Any) -> None:
    offered = _without_metadata(_call(thing, "_repr_mimebundle_", include=None, exclude=None))
    if isinstance(offered, dict):
        for kind, value in list(offered.items()):
            _guarded(lambda: bundle.add(kind, value), f"{type(thing).__name__}._repr_mimebundle_")


def _without_metadata(answer: Any) -> Any:
    return answer[0] if isinstance(answer, tuple) and len(answer) == 2 else answer


def _call(thing: Any, name: str, **keywords: Any) -> Any:
    try:
        if callable(getattr(thing, _CANARY, None)):
            return None
        method = getattr(thing, name, None)
    except Exception:
        return None
    return _guarded(lambda: method(**keywords), f"{type(thing).__name__}.{name}") if callable(method) else None


def _guarded(make: Callable[[], Any], name: str) -> Any:
    try:
        return make()
    except Exception as error:
        _warn(f"{name} raised {type(error).__name__}: {_reason(error)}")
        return None


def _reason(error: Exception) -> str:
    try:
        return str(error)[:_MAX_REASON]
    except Exception:
        return "(its str() failed)"


def _warn(sentence: str) -> None:
    try:
        print(sentence, file=sys.stderr)
    except Exception:
        pass  # The program closed or replaced it; the value is still shown.


def _text_of(thing: Any) -> str:
    try:
        return repr(thing)
    except Exception as error:
        _warn(failures.traceback_of(error).rstrip("\n"))
        return f"<{type(thing).__name__} whose repr raised {type(error).__name__}>"
