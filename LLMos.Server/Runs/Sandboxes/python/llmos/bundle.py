"""A MIME bundle in the making: each type once, as text, and all together within a frame."""

import base64
import json
import re
from typing import Any

__all__ = ("Bundle", "MAX_PICTURE_BYTES")

MAX_PICTURE_BYTES = 6 * 1024 * 1024  # 8 MiB as base64

# Together they stay below the frame's 16 MiB, whatever the plain text is made of.
_MAX_BYTES = 9 * 1024 * 1024
_MAX_TEXT = 1_000_000
_WORST_BYTES = 6  # of a character in JSON: \u0000
_MEASURED_FROM = 4096
_MAX_TYPES = 32
_MAX_NOTES = 8
_TYPE = re.compile(r"[\w.+-]{1,50}/[\w.+-]{1,100}", re.ASCII)
# Half of another type would be broken; half of a text is still a text.
_DIVISIBLE = ("text/plain", "text/markdown")


class Bundle:
    """What is added is taken, made fit, or left out with a note below the plain text."""

    def __init__(self) -> None:
        self.data: dict[str, str] = {}
        self._left = _MAX_BYTES
        self._notes: list[str] = []

    def add(self, kind: Any, value: Any) -> None:
        """Take `value` as `kind` unless it is of no use: bytes become base64, what is for JSON becomes JSON."""
        if not isinstance(kind, str) or not _TYPE.fullmatch(kind) or kind in self.data:
            return
        # A place is kept for the plain text, which every bundle has.
        if kind != "text/plain" and len(self.data) >= _MAX_TYPES - 1:
            return
        text = self._text_of(kind, value)
        if text is None:
            return
        if kind in _DIVISIBLE and len(text) > _MAX_TEXT:
            text = f"{text[:_MAX_TEXT]}… ({len(text) - _MAX_TEXT:,} more characters)"
        if kind != "text/plain":
            size = len(text) * _WORST_BYTES
            if size > _MEASURED_FROM:
                size = len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))
            if size > self._left:
                self.note(f"{kind} was left out: {size:,} bytes are too many for one result")
                return
            self._left -= size
        self.data[kind] = text

    def note(self, sentence: str) -> None:
        if len(self._notes) < _MAX_NOTES:
            self._notes.append(sentence)

    def finish(self) -> dict[str, str]:
        """Return the bundle, with its notes."""
        if self._notes:
            self.data["text/plain"] = "\n".join([self.data.get("text/plain", ""), *(f"({sentence})" for sentence in self._notes)]).lstrip("\n")
        return self.data

    @staticmethod
    def _text_of(kind: str, value: Any) -> str | None:
        is_json = kind.endswith(("/json", "+json"))
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return None if kind.startswith("text/") or is_json else base64.b64encode(value).decode("ascii")
        if isinstance(value, (dict, list)) and is_json:
            return json.dumps(value, default=str)
        return None
