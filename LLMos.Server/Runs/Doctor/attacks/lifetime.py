"""A worker ends with its run, whatever it does to live on; the doctor looks for it, and for what it made, by name and number."""

import signal


@attack(ends="succeeded")
def quiet_end(decoys):
    """The plain case: a program that ends is gone."""
    forged_end()


def forged_end():
    import struct

    import llmos.line

    payload = b'{"type":"ended","outcome":"succeeded"}'
    os.write(1, llmos.line._channel._marker + struct.pack(">I", len(payload)) + payload)


def _stubborn():
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


@attack(ends="succeeded")
def end_told_and_lived_on(decoys):
    """It says that it has ended, and sleeps on with all signals masked."""
    _stubborn()
    forged_end()
    linger(3600)


@attack(ends="succeeded")
def end_told_and_worked_on(decoys):
    """It says that it has ended, and goes on working."""
    forged_end()
    while True:
        pass


@attack(ends="succeeded")
def end_told_and_errors_written_on(decoys):
    """It says that it has ended, and writes errors for ever: a server that reads the rest of them would read for ever."""
    _stubborn()
    forged_end()
    while True:
        os.write(2, bytes(4096))


@attack(ends=("crashed", "timed-out"), seconds=2)
def pipes_closed_and_lived_on(decoys):
    """Every descriptor closed, all signals masked: nothing of it can be seen."""
    _stubborn()
    os.closerange(0, 64)
    linger(3600)


@attack(ends="timed-out", seconds=0.4)
def stopped_and_never_continued(decoys):
    """A stopped process does not run into any limit of its own."""
    _stubborn()
    os.kill(os.getpid(), signal.SIGSTOP)
    linger(3600)


@attack(ends="timed-out", seconds=0.4)
def signals_masked(decoys):
    """Nothing but SIGKILL gets through."""
    _stubborn()
    linger(3600)


@attack(ends="output-exceeded", output=65536)
def flood_and_lived_on(decoys):
    """Ended for its output, which it does not notice."""
    _stubborn()
    while True:
        os.write(1, b"x" * 4096)


@attack(ends="protocol")
def broken_frame_and_lived_on(decoys):
    """Ended for a broken frame, which it does not notice."""
    import struct

    import llmos.line

    _stubborn()
    os.write(1, llmos.line._channel._marker + struct.pack(">I", 1) + b"!")
    linger(3600)


@attack(ends=("held", "timed-out"), seconds=10, also=("seccomp", "rlimits"))
def child_that_lives_on(decoys):
    """A child is not the worker: killing the one does not end the other."""
    if os.fork() == 0:
        _stubborn()
        linger(3600)
    return "a child"


@family([("os_exit", lambda: os._exit(0), "succeeded"), ("exit_status", lambda: os._exit(7), "failed"), ("abort", os.abort, "SIGABRT"),
         ("kill", lambda: os.kill(os.getpid(), 9), "SIGKILL"), ("segfault", lambda: ctypes.string_at(8), "SIGSEGV"), ("exit_of_c", lambda: LIBC.exit(0), "succeeded")],
        ends=("succeeded", "failed", "SIGABRT", "SIGKILL", "SIGSEGV"))
def sudden_end(decoys, name, end, ending):
    """Ends without a word: each is told from the others, and the server goes on."""
    end()
