"""What to do instead: one table (hints.json) for modules that are not here and errors that the sandbox causes."""

import json
import sys
import traceback
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

__all__ = ("MissingModules", "hint_for")

_TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("hints.json").read_text("utf-8"))


class MissingModules(MetaPathFinder):
    """Asked last, so only for what is not installed; says what to use instead."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> None:
        hint = _TABLE["modules"].get(name.partition(".")[0]) if path is None else None
        if hint is not None:
            raise ModuleNotFoundError(f"No module named '{name}'. {hint}", name=name)


def hint_for(error: BaseException, message: str) -> str | None:
    """Return one sentence that says what to do instead, or None when there is nothing special to say."""
    classes = {cls.__name__ for cls in type(error).__mro__}
    modules = {frame.f_globals.get("__name__", "").partition(".")[0] for frame, _ in traceback.walk_tb(error.__traceback__)}
    for rule in _TABLE["errors"]:
        if (
            rule["error"] in classes
            and rule.get("module", "") in modules | {""}
            and rule.get("message", "") in message
        ):
            return str(rule["hint"])
    return None


def install() -> None:
    sys.meta_path.append(MissingModules())
