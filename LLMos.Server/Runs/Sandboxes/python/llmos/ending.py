"""What the interpreter would do at its end, in a process that goes on: text is written, and what the program had is let go."""

import ctypes
import gc
import sys
import types

from llmos import streams

__all__ = ("begin", "flush", "let_go")

_VOLUMES = ("/user/", "/team/", "/system/")
_USED_BY_OTHERS = (types.ModuleType, types.FunctionType, type)

_libc = ctypes.CDLL(None)
_modules_before: frozenset[str] = frozenset()


def begin() -> None:
    """Know, before the fork, which modules are no program's."""
    global _modules_before
    _modules_before = frozenset(sys.modules)


def flush() -> None:
    """Write the text that is gathered in Python's streams and in C's."""
    streams.flush_all()
    _libc.fflush(None)


def let_go(main: types.ModuleType) -> None:
    """Let go of what the program's names and those of its own modules hold: open zips and generators end, `__del__` runs.

    Values first, then the functions, classes and modules that these may use for it.
    """
    own = [vars(module) for name, module in list(sys.modules.items())
           if name not in _modules_before and type(module) is types.ModuleType and str(vars(module).get("__file__")).startswith(_VOLUMES)]
    # Their errors are told by `sys.unraisablehook`, as at the interpreter's end.
    for is_used in (False, True):
        for names in (vars(main), *own):
            for name in list(names):
                # Asked of the type: an object may lie about its class.
                if issubclass(type(names.get(name)), _USED_BY_OTHERS) is is_used and name != "__builtins__":
                    names[name] = None
        gc.collect()
