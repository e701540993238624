"""Programs give way to the server, so that it answers while they take all the processor there is."""

import os

__all__ = ("give_way", "separate")

_NICENESS = 5


def separate() -> None:
    """Give this process and all that it forks a session of their own. Called once, by the forkserver.

    Where the kernel shares the processor out between sessions first (/proc/sys/kernel/sched_autogroup_enabled, as on most desktops
    and servers without containers), niceness counts only within one. A session for each worker would make each as
    heavy as the whole server; in one, all of them together weigh less than it.
    """
    os.setsid()
    try:
        with open("/proc/self/autogroup", "w") as group:
            group.write(str(_NICENESS))
    except OSError:
        pass  # A kernel without such groups, or one that shares by containers: niceness by itself does it there.


def give_way() -> None:
    """Let the server, the forkserver and whoever has run for less time go first. Called once in each worker."""
    os.nice(_NICENESS)
