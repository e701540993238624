"""Text that DejaVu has no letters for is drawn with fonts that have them: Chinese, Japanese, Korean, Thai."""

import functools
import logging
import os
from typing import Any

__all__ = ("install",)

# Of Debian's packages fonts-droid-fallback and fonts-tlwg-waree-ttf, the latter from the same drawing as DejaVu.
_FILES = (
    "/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf",
    "/usr/share/fonts/truetype/tlwg/Waree.ttf",
)


def install() -> None:
    """Have matplotlib look there last, whatever fonts a program names, and name those that are missing once."""
    from matplotlib.font_manager import fontManager

    there = [file for file in _FILES if os.path.exists(file)]
    fontManager._find_fonts_by_props = _adding(fontManager._find_fonts_by_props, there)  # type: ignore[method-assign]
    logging.getLogger("matplotlib.font_manager").addFilter(_Once())


def _adding(real: Any, there: list[str]) -> Any:
    @functools.wraps(real)
    def find_fonts(*arguments: Any, **keywords: Any) -> list[str]:
        found = list(real(*arguments, **keywords))
        return [*found, *(file for file in there if file not in found)]

    return find_fonts


class _Once(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._seen: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        is_new = message not in self._seen
        if len(self._seen) < 1_000:
            self._seen.add(message)
        return is_new
