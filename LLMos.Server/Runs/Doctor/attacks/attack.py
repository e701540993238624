"""Stands before each layer's attacks: the doctor runs both together, as one program, in a worker of its own.

An attack is a function of one of the other files, named for what it tries. It gets the decoys (DecoyFiles.cs and its
neighbours) and shall come to an OSError or MemoryError: then it held. If it returns, it was broken, and what it returns says what was
reached. Any other exception is a mistake of the attack, and counts as broken too. The doctor looks besides, after each attack and
from outside, whether a listener heard something, a file changed, a process was hurt or left behind, a secret came out, the
memory grew, the worker lived on.
"""

import ctypes
import errno
import functools
import json
import os
import re
import sys
import types

LIBC = ctypes.CDLL(None, use_errno=True)
ATTACKS = {}

# What a refusal looks like. Anything else, ENOENT for one, would mean that the attack missed its aim.
REFUSALS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAGAIN, errno.ENOMEM, errno.EMFILE}

# In two parts, so that a search of the memory does not find itself.
SECRET = re.compile(b"llmos-" + b"decoy-[0-9a-f]{32}")

PR_SET_NAME = 15


class Held(Exception):
    """Raised by an attack that found by itself that nothing is to be had; says what it saw."""


def attack(
    function=None, *, name=None, also=(), ends=("held",), seconds=60.0, heap=64, output=1 << 20, after=None, source=None,
):
    """Add `function` to the attacks.

    Args:
        also: Other layers that would stop it too.
        ends: What the end must be: "held" (see above), a state of a run ("timed-out"), the signal that kills it, "protocol".
        seconds, heap, output: The run's limits; heap in MiB. What is not to be ended by the clock has far more time than it needs: a busy
            host must not look like a broken one.
        after: The function, a `preparation`, that is run in a worker of its own before.
        source: (before, text, times, then): a program of that text repeated, instead of the function's.
    """
    if function is None:
        return functools.partial(
            attack, name=name, also=also, ends=ends, seconds=seconds, heap=heap, output=output, after=after, source=source)
    function.told = {
        "name": name if name else function.__name__, "what": (function.__doc__ or "").strip(), "also": also, "ends": (ends,) if isinstance(ends, str) else ends,
        "seconds": seconds, "heapMegabytes": heap, "outputBytes": output, "after": after and after.__name__,
        "source": source and dict(zip(("before", "text", "times", "then"), source)),
    }
    ATTACKS[function.told["name"]] = function
    return function


def family(rows, **settings):
    """Make an attack of each row (name, more…) of a table: the function gets the decoys and the row."""
    def add(function):
        for row in rows:
            one = functools.partial(_of_row, function, row)
            one.__doc__ = function.__doc__
            attack(one, name=f"{function.__name__}_{row[0]}", **settings)
        return function
    return add


def _of_row(function, row, decoys):
    return function(decoys, *row)


def preparation(function):
    """Add a function that is run before another attack and is none itself."""
    ATTACKS[function.__name__] = function
    return function


def check(result):
    """Raise OSError for what a C function returned, if it is -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def number_of(call):
    """Return the number of a system call on this architecture."""
    import seccomp

    return seccomp.resolve_syscall(seccomp.Arch(), call)


def system_call(call, *arguments):
    """Make a system call by its number, past Python and the C library's functions."""
    number = call if isinstance(call, int) else number_of(call)
    if number < 0:
        raise Held(f"this processor has no {call}")
    LIBC.syscall.restype = ctypes.c_long
    return check(LIBC.syscall(ctypes.c_long(number), *(ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)))


def linger(seconds=20):
    """Go on living, as a process that was left behind does."""
    import time

    time.sleep(seconds)
    os._exit(0)


def list_attacks(file):
    layer = globals().get("LAYER", file)
    print(json.dumps([{**one.told, "file": file, "layer": layer} for one in ATTACKS.values() if hasattr(one, "told")]))


def perform(name):
    decoys = types.SimpleNamespace(**json.load(sys.stdin))
    LIBC.prctl(PR_SET_NAME, decoys.mark.encode(), 0, 0, 0)
    try:
        held, seen = False, f"it reached {ATTACKS[name](decoys)}"
    except Held as found:
        held, seen = True, str(found)
    except MemoryError:
        held, seen = True, "MemoryError"
    except OSError as refusal:
        held, seen = refusal.errno in REFUSALS, f"{type(refusal).__name__}: {errno.errorcode.get(refusal.errno, refusal.errno)}"
        if not held:
            seen = f"it failed, but not by a refusal: {refusal!r}"
    except BaseException as mistake:
        held, seen = False, f"the attack itself failed: {type(mistake).__name__}: {mistake}"
    os.write(1, b"\n\x1e" + json.dumps({"held": held, "seen": seen[:400]}).encode() + b"\n")
