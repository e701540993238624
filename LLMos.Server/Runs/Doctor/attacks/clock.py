"""What the server's clock ends, whatever the program does against it; behind it stands the kernel's processor limit."""

import signal
import time

SECONDS = 0.25
endless = functools.partial(attack, ends="timed-out", seconds=SECONDS)


def _for_ever():
    while True:
        pass


@endless
def loop(decoys):
    """A loop."""
    _for_ever()


@endless
def sleep(decoys):
    """Waiting takes no processor time."""
    time.sleep(10**6)


@endless
def loop_that_catches_everything(decoys):
    """BaseException, caught again and again."""
    while True:
        try:
            _for_ever()
        except BaseException:
            continue


@endless
def loop_in_c(decoys):
    """No byte code is between for the interpreter to look around."""
    import itertools

    sum(itertools.repeat(0))


@endless
def loop_in_a_list(decoys):
    """max() of an endless generator."""
    import itertools

    max(itertools.cycle((1, 2)))


@endless
def regular_expression(decoys):
    """Backtracking."""
    re.match(r"(a+)+$", "a" * 64 + "b")


@endless
def large_number(decoys):
    """One multiplication that takes minutes."""
    return len(str(3 ** (10**8)))


@endless
def sorting_that_lies(decoys):
    """A comparison that never comes back."""
    class Slow:
        def __lt__(self, other):
            _for_ever()

    sorted([Slow(), Slow()])


@endless
def loop_in_del(decoys):
    """__del__, where exceptions go nowhere."""
    class Last:
        def __del__(self):
            _for_ever()

    Last()


@endless
def loop_in_atexit(decoys):
    """A farewell that does not end."""
    import atexit

    atexit.register(_for_ever)
    sys.exit()


@endless
def loop_in_finally(decoys):
    """finally, entered by KeyboardInterrupt or any other."""
    try:
        raise KeyboardInterrupt
    finally:
        _for_ever()


@endless
def loop_after_masking_signals(decoys):
    """All signals masked and ignored that may be."""
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    _for_ever()


@endless
def loop_in_a_signal_handler(decoys):
    """A handler that does not come back."""
    signal.signal(signal.SIGALRM, lambda *_: _for_ever())
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    _for_ever()


@endless
def timers_that_interrupt(decoys):
    """Signals to itself, a thousand a second."""
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    _for_ever()


@endless
def loop_in_a_trace(decoys):
    """sys.settrace and sys.setprofile."""
    sys.settrace(lambda *_: _for_ever())
    re.compile("anything that calls a function of Python")


@endless
def loop_in_asyncio(decoys):
    """A loop of events that refuses to stop."""
    import asyncio

    async def stubborn():
        while True:
            try:
                await asyncio.sleep(10**6)
            except BaseException:
                pass

    asyncio.run(stubborn())


@endless
def loop_in_numpy(decoys):
    """A matrix product of minutes."""
    import numpy

    one = numpy.ones((700, 700))
    while True:
        one = one @ one * 1e-9


@endless
def loop_in_a_garbage_callback(decoys):
    """The collector's callbacks."""
    import gc

    gc.callbacks.append(lambda *_: _for_ever())
    gc.collect()
    _for_ever()


@endless
def waiting_for_input(decoys):
    """The connection that requests come in on never ends."""
    os.read(3, 1)


@endless
def waiting_for_a_lock(decoys):
    """A deadlock."""
    import threading

    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


@endless
def stopped_by_itself(decoys):
    """SIGSTOP to itself: neither the clock of its processor nor its handlers go on."""
    os.kill(os.getpid(), signal.SIGSTOP)
    _for_ever()


@attack(ends=("timed-out", "crashed"), seconds=1)
def loop_after_closing_the_channel(decoys):
    """Without output and without a line to the server."""
    os.closerange(0, 64)
    _for_ever()


@attack(ends=("timed-out", "crashed"), seconds=1)
def loop_after_closing_output(decoys):
    """Only the output closed: the server sees an end that is none."""
    for descriptor in range(1, 64):
        try:
            if descriptor != 3:
                os.close(descriptor)
        except OSError:
            pass
    _for_ever()


@endless
def output_through_another_pipe(decoys):
    """Standard output replaced by a pipe of its own."""
    _, end = os.pipe()
    os.dup2(end, 2)
    _for_ever()


@endless
def slow_output(decoys):
    """A byte now and then keeps nobody's clock from running."""
    while True:
        os.write(1, b".")
        time.sleep(0.02)


def _gathering():
    """Have the server ask for gathered text before it kills, and answer nothing."""
    import struct

    import llmos.line

    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    frame = b'{"type":"buffering"}'
    os.write(1, llmos.line._channel._marker + struct.pack(">I", len(frame)) + frame)


@endless
def gathered_text_never_given(decoys):
    """A program that gathers its text is asked for it before it is killed."""
    _gathering()
    time.sleep(10**6)


@attack(ends=("timed-out", "output-exceeded"), seconds=SECONDS)
def output_taken_back(decoys):
    """What the server's poll saw is not there when it reads: whoever waits for it then looks at no clock."""
    _gathering()
    readers = [LIBC.open(f"/proc/self/fd/{descriptor}".encode(), os.O_RDONLY | os.O_NONBLOCK) for descriptor in (1, 2)]
    while True:
        os.write(1, b"x")
        os.write(2, b"x" * 30_000)
        for reader in readers:
            LIBC.read(reader, ctypes.create_string_buffer(65536), 65536)


@family([("length", b"\0\0"), ("text", b"\0\0\xff\0{"), ("bytes", b'\0\0\0\x3c{"call":"write","handle":1,"offset":0,"bytes":1000000      }')], ends="timed-out", seconds=SECONDS)
def call_without_its_end(decoys, name, beginning):
    """A call whose rest the server waits for."""
    _gathering()
    os.write(3, beginning)
    time.sleep(10**6)


@endless
def answers_never_read(decoys):
    """Calls without end, until the server's answers find no room."""
    _gathering()
    os.set_blocking(3, False)
    call = b'{"call":"stat","path":"user"}'
    while True:
        try:
            os.write(3, len(call).to_bytes(4, "big") + call)
        except BlockingIOError:
            time.sleep(0.01)


@endless
def frozen_clock(decoys):
    """The interpreter's idea of time is not the server's."""
    time.time = time.monotonic = lambda: 0.0
    _for_ever()
