"""What a program finds around it beside its text: the file that it stands for, its arguments, its environment, its folder."""

import os
import posixpath
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llmos import modules, places

__all__ = ("file_of", "given")


def file_of(request: dict[str, Any]) -> str | None:
    """Return the file that a `run` request's program stands for, as programs name it; None when it is in none."""
    path = request.get("path")
    return None if path is None else f"/{path}"


@contextmanager
def given(request: dict[str, Any], main: types.ModuleType, name: str) -> Iterator[None]:
    """Put in place what the request says; afterwards the file, the arguments and the environment are a session's no more.

    A working folder stays, as one does that a program enters itself.

    Args:
        name: What the program is called when it is in no file.
    """
    file, environment = file_of(request), request.get("environment") or {}
    before = {variable: os.environ.get(variable) for variable in environment}
    os.environ.update(environment)
    if request.get("workingFolder") is not None:
        places.enter(request["workingFolder"])
    sys.argv = [file or name, *(request.get("arguments") or ())]
    if file is not None:
        main.__file__ = file
        sys.path.insert(0, posixpath.dirname(file))
        modules.look_first_beside(posixpath.dirname(file))
    try:
        yield
    finally:
        for variable, value in before.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value
        if file is not None:
            vars(main).pop("__file__", None)
            modules.look_first_beside(None)
            if sys.path[:1] == [posixpath.dirname(file)]:
                del sys.path[0]
