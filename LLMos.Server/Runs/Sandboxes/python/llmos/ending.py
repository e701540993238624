"""What the interpreter would do at its end, in a process that goes on: text is written, and what the program had is let go."""

import ctypes
import gc
import itertools
import sys
import types

from llmos import streams

__all__ = ("begin", "flush", "let_go")

_VOLUMES = ("/user/", "/team/", "/system/")
_USED_BY_OTHERS = (types.ModuleType, types.FunctionType, type)

_libc = ctypes.CDLL(None)
_last_before = ""
_collections_before: list[int] = []


def begin() -> None:
    """Know, before the first program, which modules are no program's, and that nothing has grown old yet."""
    global _last_before, _collections_before
    _last_before = next(reversed(sys.modules))
    _collections_before = _collections()


def flush() -> None:
    """Write the text that is gathered in Python's streams and in C's."""
    streams.flush_all()
    _libc.fflush(None)


def let_go(main: types.ModuleType) -> None:
    """Let go of what the program's names and those of its own modules hold: open zips and generators end, `__del__` runs.

    Values first, then the functions, classes and modules that these may use for it.
    """
    # Not over all modules: each that is only looked at costs this process a page of its own, a hundred milliseconds together.
    added = itertools.takewhile(lambda name: name != _last_before, reversed(sys.modules))
    own = [vars(module) for module in map(sys.modules.get, list(added))
           if type(module) is types.ModuleType and str(vars(module).get("__file__")).startswith(_VOLUMES)]
    # As old as what the program has made can be, and no older. One that made too little for a collection is not looked
    # through for cycles: that alone takes as long as the whole of a short run.
    oldest = max((age for age, (now, before) in enumerate(zip(_collections(), _collections_before)) if now != before), default=-1)
    # Their errors are told by `sys.unraisablehook`, as at the interpreter's end.
    for is_used in (False, True):
        for names in (vars(main), *own):
            for name in list(names):
                # Asked of the type: an object may lie about its class.
                if issubclass(type(names.get(name)), _USED_BY_OTHERS) is is_used and name != "__builtins__":
                    names[name] = None
        # What survives a collection is one age older at the next.
        if oldest >= 0:
            gc.collect(min(oldest + 1 + is_used, 2))


def _collections() -> list[int]:
    """How often each age was collected."""
    return [age["collections"] for age in gc.get_stats()]
