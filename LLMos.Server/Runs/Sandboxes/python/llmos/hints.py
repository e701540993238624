"""What to do instead: one table (hints.json) for modules that are not here and errors that the sandbox causes."""

import itertools
import json
import sys
import traceback
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

__all__ = ("MissingModules", "hint_for")

_MAX_FRAMES = 10_000

_TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("hints.json").read_text("utf-8"))
_STAND_INS = {"IPython": str(Path(__file__).with_name("stand_ins"))}
_MODULES: dict[str, str] = {name: row["hint"] for row in _TABLE["modules"] for name in row["names"]}


class MissingModules(MetaPathFinder):
    """Asked last, so only for what is not installed; says what to use instead."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        if name in _STAND_INS:
            return PathFinder.find_spec(name, [_STAND_INS[name]])
        hint = _MODULES.get(name.partition(".")[0]) if path is None else None
        # Who only asks whether it is there gets the usual answer. In between is the import system's own frame.
        asks = sys._getframe(2).f_globals["__name__"] == "importlib.util"
        if hint is not None and not asks:
            raise ModuleNotFoundError(f"No module named '{name}'. {hint}", name=name)
        return None


def hint_for(error: BaseException, message: str) -> str | None:
    """Return one sentence that says what to do instead, or None when there is nothing special to say."""
    classes = {cls.__name__ for cls in type(error).__mro__}
    frames = itertools.islice(traceback.walk_tb(error.__traceback__), _MAX_FRAMES)
    modules = {str(frame.f_globals.get("__name__")).partition(".")[0] for frame, _ in frames}
    text = (getattr(error, "text", None) or "").lstrip() if isinstance(error, SyntaxError) else ""
    for rule in _TABLE["errors"]:
        if (
            rule["error"] in classes
            and rule.get("module", "") in modules | {""}
            and rule.get("message", "") in message
            and text.startswith(rule.get("line", ""))
        ):
            return str(rule["hint"])
    # Of one that another library raises instead: its cause names the module.
    return _MODULES.get(str(error.name).partition(".")[0]) if isinstance(error, ImportError) else None


def install() -> None:
    sys.meta_path.append(MissingModules())
