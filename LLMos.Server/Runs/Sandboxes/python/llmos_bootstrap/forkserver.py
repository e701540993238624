"""Forks workers on demand from one warm, single-threaded interpreter that never sees user code."""

import array
import fcntl
import gc
import json
import os
import random
import select
import signal
import socket
import sys
from collections.abc import Collection
from typing import Any

from llmos_bootstrap import frames, memory, worker
from llmos_bootstrap.confine import Confinement, prepare, used_memory
from llmos_bootstrap.policy import Policy
from llmos_bootstrap.preload import Loaded

__all__ = ("serve",)

_MAX_MESSAGE_BYTES = 65536
_USERS = 65536


def serve(control: socket.socket, loaded: Loaded) -> None:
    """Answer `fork` messages until the server closes the connection; then kill every worker and return."""
    made = prepare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _send(control, {
        "type": "hello", "python": loaded.python, "packages": loaded.packages,
        "landlockAbi": made.landlock_abi, "startMilliseconds": loaded.milliseconds,
    })
    generators = _generators()
    memory.settle()
    children: dict[int, tuple[int, int, int]] = {}  # pidfd → worker number, pid, user
    user = -1
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor in children:
                poll.unregister(descriptor)
                number, pid, _ = children.pop(descriptor)
                os.close(descriptor)
                _send(control, {"type": "exited", "worker": number, **_reap(pid)})
                continue
            data = control.recv(_MAX_MESSAGE_BYTES)
            if not data:
                for pidfd in children:
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                return
            message = json.loads(data)
            for generator in generators:
                generator.seed(None)
            user = _next_user(user, {taken for _, _, taken in children.values()})
            pidfd, pid = _fork(control, made, message, user)
            children[pidfd] = (message["worker"], pid, user)
            poll.register(pidfd, select.POLLIN)


def _next_user(last: int, taken: Collection[int]) -> int:
    """Return the number behind `last`, around in a circle, that no living worker has."""
    return next(number % _USERS for number in range(last + 1, last + 1 + _USERS) if number % _USERS not in taken)


def _fork(control: socket.socket, made: Confinement, message: dict[str, Any], user: int) -> tuple[int, int]:
    policy = Policy.parse(message)
    marker = frames.new_marker()
    used = used_memory()
    output, output_end = os.pipe()
    errors, errors_end = os.pipe()
    for pipe in (output, errors):
        os.fchmod(pipe, 0)  # so that no worker opens its end's other side by /proc/self/fd and takes back what it wrote
    requests, requests_end = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            _keep(made, os.open(os.devnull, os.O_RDONLY), output_end, errors_end, requests_end.fileno())
            worker.live(policy, made, user, marker, used)
        finally:
            os._exit(worker.COULD_NOT_SEAL)  # whatever happens, a child never returns into the forkserver's loop
    pidfd = os.pidfd_open(pid)
    passed = array.array("i", [output, errors, requests.fileno(), pidfd])
    told = {"type": "forked", "worker": message["worker"], "pid": pid, "marker": marker.hex()}
    control.sendmsg([json.dumps(told).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
    for descriptor in (output, output_end, errors, errors_end):
        os.close(descriptor)
    requests.close()
    requests_end.close()
    return pidfd, pid


def _generators() -> list[Any]:
    """Return whatever was seeded at import and would be the same in every worker, `sympy`'s own included.

    Each fork gets states that no other has had. `secrets`, uuid4 and numpy's new generators read the kernel.
    """
    found: list[Any] = [thing for thing in gc.get_objects() if type(thing) is random.Random]
    return [*found, sys.modules["numpy.random"]] if "numpy.random" in sys.modules else found


def _keep(made: Confinement, *descriptors: int) -> None:
    """Make `descriptors` the numbers 0, 1, 2, …, keep the ruleset, close everything else."""
    # Out of the way first: a source may have a number that is another's target.
    count = len(descriptors)
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, count) for descriptor in descriptors]
    for place, descriptor in enumerate(moved):
        os.dup2(descriptor, place)
    ruleset = made.ruleset if made.ruleset is not None else count - 1
    os.closerange(count, ruleset)
    os.closerange(ruleset + 1, os.sysconf("SC_OPEN_MAX"))


def _reap(pid: int) -> dict[str, Any]:
    _, status, used = os.wait4(pid, 0)
    told = {"cpuSeconds": used.ru_utime + used.ru_stime, "peakResidentBytes": used.ru_maxrss * 1024}
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        return {"signal": name, **told}
    return {"code": os.WEXITSTATUS(status), **told}


def _send(control: socket.socket, message: dict[str, Any]) -> None:
    try:
        control.send(json.dumps(message).encode())
    except (BrokenPipeError, ConnectionResetError):
        pass  # The server is gone: the next receive says so and ends the loop.
