"""What to do instead: one table (hints.json) for modules that are not here and errors that the sandbox causes."""

import errno
import itertools
import json
import os
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

__all__ = ("MissingModules", "NotFromHost", "hint_for", "install")

_MAX_FRAMES, _MAX_COMMAND = 10_000, 1_000

_TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("hints.json").read_text("utf-8"))
_STAND_INS = {"IPython": str(Path(__file__).with_name("stand_ins"))}
_MODULES: dict[str, str] = {name: row["hint"] for row in _TABLE["modules"] for name in row["names"]}

# `python3 -m pip …` is `pip …`, also behind a notebook's mark.
_BY_PYTHON = re.compile(r"^([!%]?)\s*(?:sudo\s+)?(?:\S*python[0-9.]*|\{?sys\.executable\}?)\s+-m\s+")
# A notebook's line that is given a name to: `files = !ls`; and its question behind the thing.
_ASSIGNED = re.compile(r"^[\w, ]+=\s*(?=[!%]\w)")
_ASKED = re.compile(r"^(?=[\w.]+\?{1,2}\s*$)")


class NotFromHost(MetaPathFinder):
    """Asked first: what the host may have and programs do not get, installers and the real thing of a stand-in."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        if name in _STAND_INS:
            return PathFinder.find_spec(name, [_STAND_INS[name]])
        if name in ("pip", "ensurepip"):
            _refuse(name, sys._getframe(2))
        return None


class MissingModules(MetaPathFinder):
    """Asked last, so only for what is not installed; says what to use instead."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        if path is None:
            _refuse(name, sys._getframe(2))
        return None


def _refuse(name: str, asking: FrameType) -> None:
    hint = _MODULES.get(name.partition(".")[0], _TABLE["otherModules"])
    # Who only asks whether it is there gets the usual answer. In between is the import system's own frame.
    if asking.f_globals["__name__"] != "importlib.util":
        raise ModuleNotFoundError(f"No module named '{name}'. {hint}", name=name)


def hint_for(error: BaseException, message: str) -> str | None:
    """Return one sentence that says what to do instead, or None when there is nothing special to say."""
    frames = [frame for frame, _ in itertools.islice(traceback.walk_tb(error.__traceback__), _MAX_FRAMES)]
    modules = {str(frame.f_globals.get("__name__")).partition(".")[0] for frame in frames}
    line = _line(getattr(error, "text", None) or "") if isinstance(error, SyntaxError) else ""
    for command in filter(None, map(_command_of, frames)):
        modules.add("subprocess")
        line = _line(command)
    hint = _row_for({cls.__name__ for cls in type(error).__mro__}, message, modules, line)
    if hint is not None:
        return hint
    # Of one that another library raises instead: its cause names the module.
    return _MODULES.get(str(error.name).partition(".")[0]) if isinstance(error, ImportError) else None


def _row_for(classes: Iterable[str], message: str, modules: set[str], line: str) -> str | None:
    for rule in _TABLE["errors"]:
        if (
            rule["error"] in classes
            and rule.get("module", "") in modules | {""}
            and rule.get("message", "") in message
            and line.startswith(rule.get("line", ""))
        ):
            return str(rule["hint"])
    return None


def _line(text: str) -> str:
    """A line or command as the table has it."""
    text = _ASSIGNED.sub("", text[:_MAX_COMMAND].strip())
    return _BY_PYTHON.sub(r"\1", _ASKED.sub("?", text))


def _command_of(frame: FrameType) -> str | None:
    """What this call was to start, if it is one that starts programs."""
    name = {"subprocess": "args", __name__: "command"}.get(str(frame.f_globals.get("__name__")))
    return _text_of(frame.f_locals[name]) if name is not None and frame.f_code.co_name in _STARTS and name in frame.f_locals else None


def _text_of(command: object) -> str:
    words = command if isinstance(command, (list, tuple)) else [command]
    return " ".join(word for word in words if type(word) is str)


def _start(command: Any, *_: Any, **__: Any) -> NoReturn:
    """Stand for what would give the shell's status, or nothing at all to read: neither says why."""
    hint = _row_for({"OSError"}, "", {"subprocess"}, _line(_text_of(command)))
    raise PermissionError(errno.EPERM, hint)


_STARTS = ("__init__", _start.__name__)  # of subprocess.Popen, and here


def install() -> None:
    sys.meta_path.insert(0, NotFromHost())
    sys.meta_path.append(MissingModules())
    os.system = os.popen = _start
