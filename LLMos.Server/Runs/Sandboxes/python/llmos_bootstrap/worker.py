"""A worker's life: seal, say so, wait for requests, hand each over: one, or as many as a session has."""

import contextlib
import gc
import importlib
import os
import signal

from llmos_bootstrap.confine import Confinement, confine
from llmos_bootstrap.frames import Channel
from llmos_bootstrap.policy import Policy
from llmos_bootstrap.preload import PROGRAM

__all__ = ("COULD_NOT_SEAL", "REQUESTS", "live")

REQUESTS = 3  # the descriptor that requests come in on; 0 to 2 are the standard streams

COULD_NOT_SEAL = 70  # EX_SOFTWARE

# Programs give way to the server and the forkserver, so that these answer while programs take all the processor there is.
_NICENESS = 5

_SIGNALS = (signal.SIGINT, signal.SIGUSR2)


def live(policy: Policy, made: Confinement, user: int, marker: bytes, used: tuple[int, int]) -> None:
    """Never returns. Called in a fresh fork whose descriptors 0 to 3 are its own and all others but the ruleset closed."""
    try:
        os.setpgid(0, 0)
        os.nice(_NICENESS)
        os.chdir("/")
        _prefer_as_victim()
        layers = confine(policy, made, user, used)
    except OSError as error:
        os.write(2, f"{error}\n".encode())
        os._exit(COULD_NOT_SEAL)

    channel, errors = Channel(REQUESTS, os.dup(1), marker), os.dup(2)
    channel.send({"type": "ready", "layers": layers})
    # A program unblocks them: one that comes between two is neither's.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    run = importlib.import_module(PROGRAM).prepare(channel)
    follows = False
    while (request := channel.receive()) is not None:
        # One that came too late for the program before is not for this one, whose own come after `begun`.
        while signal.sigtimedwait(_SIGNALS, 0):
            pass
        if follows:
            with contextlib.suppress(OSError):  # The program before may have closed it.
                os.write(errors, marker)
        follows = True
        channel.send({"type": "begun"})
        gc.enable()
        run(request)
    os._exit(0)


def _prefer_as_victim() -> None:
    # If the host runs out of memory, a run goes before the server does.
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(score, b"1000")
    os.close(score)
