"""What an error lets one say that no table can: what there is instead of what was asked for."""

import builtins
import contextlib
import difflib
import itertools
import os
import platform
import re
import sys
import traceback
import types
from collections.abc import Iterable
from typing import Any

from llmos import places, stacks

__all__ = ("on", "versions")

_MAX_NAMES, _MAX_NAME, _MAX_FRAMES, _MAX_CANDIDATES = 12, 60, 10_000, 5_000
_PACKAGES = {"pandas": "pandas", "numpy": "numpy", "matplotlib": "matplotlib", "scipy": "scipy", "sklearn": "scikit-learn", "networkx": "networkx", "sympy": "sympy"}
_KEYWORD = re.compile(r"(?:(\w+)\.)?(\w+)\(\) got an unexpected keyword argument")


def on(error: BaseException, message: str) -> str | None:
    """Return one sentence on `error`, or None when there is nothing to say. Nothing that it finds out fails."""
    for kind, say in _SAYINGS:
        if isinstance(error, kind):
            with contextlib.suppress(Exception):
                if sentence := say(error, message):
                    return sentence
    return None


def versions() -> str:
    """Name what is here, by the versions that code for newer ones fails on."""
    there = [f"{shown} {'.'.join(sys.modules[name].__version__.split('.')[:2])}" for name, shown in _PACKAGES.items() if name in sys.modules][:5]
    python = ".".join(platform.python_version_tuple()[:2])
    return f"Here are Python {python}, {', '.join(there)}: it may be of another version, so use what these have."


def _missing_file(error: FileNotFoundError, _: str) -> str | None:
    whole = places.find(error.filename) if error.filename else None
    if whole is None:
        return None
    folder = os.path.dirname(f"/{whole}")
    if not os.path.isdir(folder):
        return f"There is no folder {folder[1:]}/. os.makedirs('{folder[1:]}', exist_ok=True) makes it."
    names = sorted(os.listdir(folder))
    if not names:
        return f"The folder {folder[1:]}/ is empty."
    close = difflib.get_close_matches(os.path.basename(whole), names[:_MAX_CANDIDATES], 3)
    return f"In {folder[1:]}/ there are {_listed([*close, *(name for name in names if name not in close)])}."


def _missing_key(error: KeyError, _: str) -> str | None:
    for frame in reversed(_frames(error)):
        table = frame.f_locals.get("self")
        if str(frame.f_globals.get("__name__")).startswith("pandas.core.frame") and hasattr(type(table), "columns"):
            return f"The columns are {_listed([str(name) for name in table.columns])}."
    return None


def _missing_name(error: NameError, _: str) -> str | None:
    frames = _frames(error)
    if not frames or not isinstance(error.name, str):
        return None
    known = itertools.chain(frames[-1].f_locals, frames[-1].f_globals, vars(builtins))
    return _did_you_mean(error.name, known)


def _missing_attribute(error: AttributeError, _: str) -> str | None:
    thing = error.obj
    if not isinstance(error.name, str) or thing is None:
        return None
    if meant := _did_you_mean(error.name, dir(thing)):
        return meant
    is_here = _is_here(thing.__name__) if isinstance(thing, types.ModuleType) else type(thing).__module__.partition(".")[0] in _PACKAGES
    return versions() if is_here else None


def _missing_import(error: ImportError, message: str) -> str | None:
    return versions() if error.name is not None and message.startswith(("cannot import name", "No module named")) and _is_here(error.name) else None


def _unknown_keyword(error: TypeError, message: str) -> str | None:
    found = _KEYWORD.search(message)
    if found is None:
        return None
    own = [frame for frame in _frames(error) if stacks.is_of_user(frame.f_code.co_filename)]
    made = [frame.f_globals.get(found[1] or found[2]) for frame in own]
    # Not of a function or class that the user has written.
    return None if any(isinstance(thing, (types.FunctionType, type)) and not _is_here(str(thing.__module__)) for thing in made) else versions()


def _frames(error: BaseException) -> list[types.FrameType]:
    return [frame for frame, _ in itertools.islice(traceback.walk_tb(error.__traceback__), _MAX_FRAMES)]


def _is_here(module: str) -> bool:
    """Whether it is the standard library's or that of a package: not the user's own."""
    top = module.partition(".")[0]
    return top in _PACKAGES or top == "PIL" or (top in sys.stdlib_module_names and top not in ("builtins", "__main__"))


def _did_you_mean(name: str, known: Iterable[Any]) -> str | None:
    names = [one for one in itertools.islice(known, _MAX_CANDIDATES) if type(one) is str and not (one.startswith("_") and not name.startswith("_"))]
    close = difflib.get_close_matches(name, names, 1, 0.75)
    return f"Did you mean '{close[0]}'?" if close and close[0] != name else None


def _listed(names: list[str]) -> str:
    shown = [f"'{name if len(name) <= _MAX_NAME else name[:_MAX_NAME] + '…'}'" for name in names[:_MAX_NAMES]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


_SAYINGS: tuple[tuple[type[BaseException], Any], ...] = (
    (FileNotFoundError, _missing_file),
    (KeyError, _missing_key),
    (NameError, _missing_name),
    (AttributeError, _missing_attribute),
    (ImportError, _missing_import),
    (TypeError, _unknown_keyword),
)
