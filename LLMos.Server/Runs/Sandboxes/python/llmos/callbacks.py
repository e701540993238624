"""Says that no function of Python can be handed to C: ctypes would need memory that can be written to and run, and there is none."""

import ctypes
import errno
from typing import Any

__all__ = ("install",)

_MESSAGE = "No Python function can be called from C here (a ctypes callback): memory that a program writes is never run"


class _Function(ctypes._CFuncPtr):  # type: ignore[name-defined,misc]
    _flags_ = ctypes._FUNCFLAG_CDECL  # type: ignore[attr-defined]

    def __new__(cls, *arguments: Any) -> Any:
        if len(arguments) == 1 and callable(arguments[0]):
            raise PermissionError(errno.EPERM, _MESSAGE)
        return super().__new__(cls, *arguments)


def install() -> None:
    """Have ctypes make all its function types of this one. Without it a callback would end in MemoryError."""
    ctypes._CFuncPtr = _Function  # type: ignore[attr-defined]
    ctypes._c_functype_cache.clear()  # type: ignore[attr-defined]
