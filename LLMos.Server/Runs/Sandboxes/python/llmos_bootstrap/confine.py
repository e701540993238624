"""Gives up, in a fixed order and for good, what a worker does not need.

Runs in the forked child before any user code. Reports how far it came; whoever required more must not go on. What can be
done once, before the fork, is: every page that a worker touches is copied for it.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
import sysconfig
from dataclasses import dataclass

from llmos_bootstrap import landlock, system_calls
from llmos_bootstrap.policy import Policy

__all__ = ("Confinement", "confine", "prepare", "used_memory")

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS, _PR_CAPBSET_DROP = 1, 38, 39, 24
_LAST_CAPABILITY = 40

# A server that runs as root gives each worker a user of its own from here on, so that they cannot signal each other
# even without Landlock; where the user namespace does not map it, nobody.
_FIRST_UID, _NOBODY = 0x70000000, 65534

_MEGABYTE = 1024 * 1024
# Address space above the heap: libraries that a program imports later, stacks, file mappings.
_ADDRESS_SPACE_MARGIN = 1024 * _MEGABYTE

# Each descriptor may be a socket, and one that is full holds the buffer that the host gives to a new one, and a piece more: 10 MiB in all with
# Linux's own 208 KiB. Programs of a host that gives more have fewer descriptors, and no sockets when an event loop would not get by with those.
_SOCKET_MEMORY, _SOCKET_PIECE = 12 * _MEGABYTE, 65536
_MOST_DESCRIPTORS, _FEWEST_DESCRIPTORS = 40, 10
# Signals that wait are counted for a user, in one sum for all workers where they have the server's.
_PENDING_SIGNALS = 64

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Confinement:
    """What is made ready once, in the forkserver: the ruleset's descriptor (None: no Landlock), the filter, the number of descriptors."""

    ruleset: int | None
    landlock_abi: int
    filter: system_calls.Filter
    descriptors: int


def prepare() -> Confinement:
    """Give up in the forkserver what it does not need either, and make ready what workers apply."""
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    abi = landlock.abi()
    descriptors = _descriptors()
    return Confinement(
        landlock.make_ruleset(_readable()) if abi else None, abi,
        system_calls.compile_filter(sockets=descriptors >= _FEWEST_DESCRIPTORS), max(descriptors, _FEWEST_DESCRIPTORS))


def _descriptors() -> int:
    one, other = socket.socketpair()
    with one, other:
        buffer = one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    return min(_SOCKET_MEMORY // (buffer + _SOCKET_PIECE), _MOST_DESCRIPTORS)


def used_memory() -> tuple[int, int]:
    """Return what RLIMIT_DATA and RLIMIT_AS count of this process now, in bytes; a fork begins with the same."""
    with open("/proc/self/status", "rb") as status:
        sizes = dict(line.split(b":", 1) for line in status.read().splitlines() if line.startswith((b"VmData", b"VmSize")))
    return int(sizes[b"VmData"].split()[0]) * 1024, int(sizes[b"VmSize"].split()[0]) * 1024


def _readable() -> list[str]:
    """The interpreter, its packages and their libraries, fonts, time zones: what programs may still import and read."""
    import matplotlib

    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return [
        own,
        sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"),
        *(path for path in sys.path if path.startswith(("/usr/", "/opt/")) and os.path.isdir(path)),
        "/usr/lib/" + (sysconfig.get_config_var("MULTIARCH") or ""), "/lib64", "/etc/ld.so.cache",
        matplotlib.get_data_path(), "/usr/share/matplotlib", "/usr/share/fonts", "/usr/share/fonts-droid-fallback", "/usr/share/zoneinfo",
        "/usr/lib/locale", "/etc/mime.types", "/dev/null", "/dev/urandom",
    ]


def confine(policy: Policy, made: Confinement, user: int, used: tuple[int, int]) -> dict[str, str]:
    """Apply every layer to this process and return what was applied, layer name to detail.

    Args:
        user: A number that no other living worker has; a server that runs as root makes a user of its own from it.
        used: See `used_memory`.

    Raises:
        OSError: A layer that `policy.required` names could not be applied.
    """
    steps = {
        "rlimits": lambda: _limit(policy, made.descriptors, *used),
        "privileges": lambda: _drop_privileges(user),
        "landlock": lambda: _restrict(made),
        "seccomp": lambda: _filter(made),
    }
    applied: dict[str, str] = {}
    for layer, apply in steps.items():
        try:
            applied[layer] = apply()
        except (OSError, ValueError) as error:
            if layer in policy.required:
                raise OSError(f"{layer}: {error}") from error
    return applied


def _limit(policy: Policy, descriptors: int, data: int, address_space: int) -> str:
    megabytes = policy.heap_bytes // _MEGABYTE
    limits = {
        resource.RLIMIT_DATA: data + policy.heap_bytes,
        resource.RLIMIT_AS: address_space + policy.heap_bytes + _ADDRESS_SPACE_MARGIN,
        resource.RLIMIT_CPU: policy.cpu_seconds,
        resource.RLIMIT_STACK: 8 * _MEGABYTE,
        resource.RLIMIT_NOFILE: descriptors,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: _PENDING_SIGNALS,
    }
    for which, value in limits.items():
        _, hard = resource.getrlimit(which)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))
    return f"heap {megabytes} MiB, processor {policy.cpu_seconds} s, no files written, no processes"


def _drop_privileges(user: int) -> str:
    os.umask(0o077)
    if os.getuid() == 0:
        os.setgroups([])
        try:
            own = _FIRST_UID + user
            os.setresgid(own, own, own)
            os.setresuid(own, own, own)
        except OSError:
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    # After the change of user, which clears it. The forkserver may have died in between.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() == 1:
        raise OSError("the forkserver is gone")
    if _libc.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
        raise OSError("no_new_privs was refused")
    return f"no new privileges, user {os.getuid()}"


def _restrict(made: Confinement) -> str:
    if made.ruleset is None:
        raise OSError("the kernel has no Landlock, or it is not in its lsm= list")
    landlock.restrict_self(made.ruleset)
    os.close(made.ruleset)
    return f"Landlock ABI {made.landlock_abi}"


def _filter(made: Confinement) -> str:
    made.filter.load()
    return f"{made.filter.length} instructions"
