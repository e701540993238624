"""Imports what lies in the volumes: beside the program, in the folder that it is in, and where it has `sys.path` point to."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from typing import Any

from llmos import places

__all__ = ("install", "look_first_beside")

_first: str | None = None


class _Source(SourceLoader):
    """A module's text, read with the run's rights as any file is. There are no `.pyc` files."""

    def __init__(self, path: str) -> None:
        self._path = path

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_data(self, path: str) -> bytes:  # type: ignore[override]
        if path != self._path:
            raise OSError  # A `.pyc`.
        with open(path, "rb") as file:
            return bytes(file.read())


class _Modules(MetaPathFinder):
    """Asked after the interpreter's own, so that no file takes the place of what is installed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        last = name.rpartition(".")[2]
        parts: list[str] = []
        for folder in [_first or places.current(), *sys.path, places.current()] if path is None else path:
            whole = places.find(folder)
            if whole is None:
                continue
            found = f"/{whole}/{last}"
            for file, inner in ((f"{found}/__init__.py", [found]), (f"{found}.py", None)):
                if os.path.isfile(file):
                    return spec_from_file_location(name, file, loader=_Source(file), submodule_search_locations=inner)
            if os.path.isdir(found):
                parts.append(found)
        if not parts:
            return None
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = parts
        return spec


def look_first_beside(folder: str | None) -> None:
    """Have modules be found first in the folder of the file that runs; None: in the folder that the program is in."""
    global _first
    _first = folder


def install() -> None:
    sys.meta_path.append(_Modules())
