"""Landlock by its three system calls (https://docs.kernel.org/userspace-api/landlock.html)."""

import ctypes
import os
from collections.abc import Iterable

__all__ = ("abi", "make_ruleset", "restrict_self")

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
# How many file-system rights each ABI knows; every known right is handled, so that none is left open.
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_BIND_TCP, _NET_CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT_UNIX, _SCOPE_SIGNAL = 1, 2

# A worker has its own 0 to 3.
_LOWEST_DESCRIPTOR = 4

_libc = ctypes.CDLL(None, use_errno=True)


class _RulesetAttributes(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"landlock system call {number}: {os.strerror(error)}")
    return result


def abi() -> int:
    """Return the kernel's Landlock ABI, 0 when it has none or it is switched off."""
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except OSError:
        return 0


def make_ruleset(readable: Iterable[str]) -> int:
    """Return a descriptor of a ruleset that allows reading beneath `readable`, and writing to what forgets it, and denies all else that the ABI knows.

    Made once; each worker only restricts itself by it.

    Raises:
        OSError: The kernel has no Landlock.
    """
    version = abi()
    attributes = _RulesetAttributes(
        fs=(1 << _RIGHTS_BY_ABI.get(version, 16)) - 1,
        net=_NET_BIND_TCP | _NET_CONNECT_TCP if version >= 4 else 0,
        scoped=_SCOPE_ABSTRACT_UNIX | _SCOPE_SIGNAL if version >= 6 else 0,
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < _LOWEST_DESCRIPTOR:
        raise OSError(f"the ruleset got descriptor {ruleset}, which a worker needs for itself")
    for path in readable:
        try:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        rights = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE | _WRITE_FILE if path == os.devnull else _READ_FILE
        rule = _PathBeneath(rights, parent)
        _call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_RULE_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
        os.close(parent)
    return ruleset


def restrict_self(ruleset: int) -> None:
    """Put this thread, for good, under `ruleset`. Needs no_new_privs.

    Raises:
        OSError: The kernel refused.
    """
    _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
