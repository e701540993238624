"""Warnings as the user should read them: without the place when that is a file of this product."""

import os
from collections.abc import Callable
from typing import Any

__all__ = ("formatter",)

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def formatter(real: Callable[..., str]) -> Callable[..., str]:
    """Return what stands for `warnings.formatwarning`, with `real` for all other places."""

    def formatwarning(message: Any, category: type[Warning], filename: str, lineno: int, line: str | None = None) -> str:
        if filename.startswith(_OWN):
            return f"{category.__name__}: {message}\n"
        return real(message, category, filename, lineno, line)

    return formatwarning
