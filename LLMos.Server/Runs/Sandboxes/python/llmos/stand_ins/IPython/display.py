"""The objects of IPython.display that this page can show."""

from pathlib import Path
from typing import Any

import llmos

__all__ = ("HTML", "JSON", "SVG", "DisplayHandle", "Image", "Latex", "Markdown", "Math", "Pretty", "clear_output", "display", "update_display")

_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


class DisplayHandle:
    """What is updated is shown again: what was shown stays."""

    def __init__(self, display_id: str | None = None) -> None:
        self.display_id = display_id

    def display(self, thing: Any, **_: Any) -> None:
        llmos.display(thing)

    update = display


def display(*things: Any, raw: bool = False, display_id: Any = None, **_: Any) -> DisplayHandle | None:
    """Show `things`; with `raw` they are MIME bundles themselves."""
    for thing in things:
        llmos.display(_Raw(thing) if raw else thing)
    return DisplayHandle(str(display_id)) if display_id else None


def update_display(thing: Any, **_: Any) -> None:
    llmos.display(thing)


def clear_output(wait: bool = False) -> None:
    """Does nothing: what was shown stays."""


class _Raw:
    def __init__(self, data: Any) -> None:
        self._data = data

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return self._data


class _Shown:
    """Data of one MIME type, given or read from a file."""

    kind = "text/plain"

    def __init__(self, data: Any = None, url: str | None = None, filename: str | None = None, *_: Any, **__: Any) -> None:
        if filename is None and isinstance(data, str) and self._names_a_file(data):
            data, filename = None, data
        if url is not None:
            raise ValueError("A url cannot be shown: code has no network. Let your caller fetch it and put the file into user/.")
        self.data = data if filename is None else self._read(Path(filename))

    def _names_a_file(self, data: str) -> bool:
        return False

    def _read(self, path: Path) -> Any:
        return path.read_text("utf-8")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {self.kind: self.data}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class HTML(_Shown):
    kind = "text/html"


class Markdown(_Shown):
    kind = "text/markdown"


class Latex(_Shown):
    kind = "text/latex"


class Math(_Shown):
    kind = "text/latex"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {self.kind: "$\\displaystyle " + str(self.data).strip("$") + "$"}


class SVG(_Shown):
    kind = "image/svg+xml"


class JSON(_Shown):
    kind = "application/json"


class Pretty(_Shown):
    kind = "text/plain"


class Image(_Shown):
    """A picture from its bytes or its file's name."""

    def _names_a_file(self, data: str) -> bool:
        return True

    def _read(self, path: Path) -> bytes:
        return path.read_bytes()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        data = bytes(self.data)
        kind = next((kind for begins, kind in _PICTURES.items() if data.startswith(begins)), None)
        if kind is None:
            raise ValueError("Image takes PNG, JPEG, GIF or WebP")
        return {kind: data}
