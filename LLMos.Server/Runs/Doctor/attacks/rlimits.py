"""What the kernel's limits of a process must stop: memory of each kind, processes, descriptors, files."""

import resource
import signal

MEGABYTE = 1 << 20
TOO_MUCH = 512 * MEGABYTE  # of which 64 MiB are allowed


def _touched(address, length=TOO_MUCH):
    ctypes.memset(address, 1, length)
    return f"{length // MEGABYTE} MiB"


@attack
def one_large_block(decoys):
    """bytearray of more than the heap."""
    return f"{len(bytearray(TOO_MUCH)) // MEGABYTE} MiB"


@attack
def growing_list(decoys):
    """Many small objects."""
    grown = []
    while len(grown) * MEGABYTE < TOO_MUCH:
        grown.append([object() for _ in range(MEGABYTE // 16)])
    return f"{len(grown)} MiB"


@attack
def doubling_text(decoys):
    """A text that doubles."""
    text = "x"
    while len(text) < TOO_MUCH:
        text += text
    return f"{len(text) // MEGABYTE} MiB"


@attack
def numpy_array(decoys):
    """numpy allocates by itself."""
    import numpy

    return f"{numpy.ones(TOO_MUCH, dtype='uint8').nbytes // MEGABYTE} MiB"


@attack
def c_memory(decoys):
    """malloc, past Python's own accounting."""
    LIBC.malloc.restype = ctypes.c_void_p
    address = LIBC.malloc(ctypes.c_size_t(TOO_MUCH))
    if not address:
        raise MemoryError
    return _touched(address)


@attack
def program_break(decoys):
    """sbrk: the heap's end."""
    LIBC.sbrk.restype = ctypes.c_void_p
    address = LIBC.sbrk(ctypes.c_ssize_t(TOO_MUCH))
    if address == 2**64 - 1:
        raise MemoryError
    return _touched(address)


@attack
def anonymous_mapping(decoys):
    """mmap by its C function."""
    LIBC.mmap.restype = ctypes.c_void_p
    address = LIBC.mmap(None, ctypes.c_size_t(TOO_MUCH), 3, 0x22, -1, ctypes.c_long(0))
    if address == 2**64 - 1:
        check(-1)
    return _touched(address)


@attack
def mapping_made_writable(decoys):
    """mmap without a right counts nowhere; the right to write comes afterwards, by mprotect."""
    LIBC.mmap.restype = ctypes.c_void_p
    address = LIBC.mmap(None, ctypes.c_size_t(TOO_MUCH), 0, 0x22, -1, ctypes.c_long(0))
    if address == 2**64 - 1:
        check(-1)
    check(LIBC.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(TOO_MUCH), 3))
    return _touched(address)


@attack
def mapping_grown(decoys):
    """mremap of a small mapping."""
    LIBC.mmap.restype = LIBC.mremap.restype = ctypes.c_void_p
    address = LIBC.mmap(None, ctypes.c_size_t(4096), 3, 0x22, -1, ctypes.c_long(0))
    address = LIBC.mremap(ctypes.c_void_p(address), ctypes.c_size_t(4096), ctypes.c_size_t(TOO_MUCH), 1)
    if address == 2**64 - 1:
        check(-1)
    return _touched(address)


@attack
def library_written_to(decoys):
    """Private copies of files' pages are memory too: the same library mapped to write, again and again."""
    path = sys.modules["_ctypes"].__file__
    LIBC.mmap.restype = ctypes.c_void_p
    descriptor, size, taken = os.open(path, os.O_RDONLY), os.stat(path).st_size & -4096, 0
    while taken < TOO_MUCH:
        address = LIBC.mmap(None, ctypes.c_size_t(size), 3, 2, descriptor, ctypes.c_long(0))
        if address == 2**64 - 1:
            check(-1)
        ctypes.memset(address, 1, size)
        taken += size
    return f"{taken // MEGABYTE} MiB"


@attack(ends=("held", "SIGSEGV"), heap=16)
def c_stack(decoys):
    """Recursion in C: the stack is no heap, and grows by itself."""
    sys.setrecursionlimit(10**9)
    depth = 0

    class Deeper:
        def __repr__(self):
            nonlocal depth
            depth += 1
            if depth == 400_000:
                raise StopIteration
            return repr([self])

    try:
        repr(Deeper())
    except StopIteration:
        pass
    return f"a stack of {depth} calls"


@attack(ends="SIGSEGV", heap=16)
def stack_touched_far_below(decoys):
    """Touching the stack far below where it is: the kernel makes it longer for whoever does."""
    top = ctypes.c_void_p.in_dll(LIBC, "__libc_stack_end").value & -4096
    for below in range(65536, 120 * MEGABYTE, 4096):
        ctypes.memset(top - below, 1, 1)
    return "120 MiB of stack"


@attack
def processor_limit(decoys):
    """Behind the server's clock stands the kernel's."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY:
        return "processor time without end"
    raise Held(f"{hard} s")


@family([
    ("core", resource.RLIMIT_CORE, 0), ("file_size", resource.RLIMIT_FSIZE, 0), ("processes", resource.RLIMIT_NPROC, 0), ("locked_memory", resource.RLIMIT_MEMLOCK, 0),
    ("message_queues", resource.RLIMIT_MSGQUEUE, 0), ("open_files", resource.RLIMIT_NOFILE, 40), ("stack", resource.RLIMIT_STACK, 8 * MEGABYTE),
    ("pending_signals", resource.RLIMIT_SIGPENDING, 64),
])
def limit_of(decoys, name, limit, most):
    """Each limit is what it should be, the hard one too."""
    soft, hard = resource.getrlimit(limit)
    if not 0 <= hard <= most:
        return f"{hard} instead of {most}"
    raise Held(str(hard))


@family([("pipes",), ("files",), ("copies",), ("eventfds",), ("epolls",), ("pairs",)])
def descriptors_exhausted(decoys, name):
    """A thousand open descriptors, each with buffers in the kernel."""
    import select
    import socket

    path, kept = os.__file__, []
    make = {
        "pipes": lambda: os.pipe(), "files": lambda: os.open(path, os.O_RDONLY), "copies": lambda: os.dup(0),
        "eventfds": lambda: os.eventfd(0), "epolls": lambda: select.epoll(), "pairs": lambda: socket.socketpair(),
    }[name]
    for _ in range(1000):
        kept.append(make())
    return f"{len(kept)} of {name}"


@attack
def descriptor_above_the_limit(decoys):
    """dup2 to a high number."""
    try:
        return f"descriptor {os.dup2(0, 900)}"
    except OSError as refusal:
        if refusal.errno != errno.EBADF:
            raise
        raise Held("EBADF: there is no such descriptor for it") from None


@attack
def pipe_buffers_filled(decoys):
    """Kernel memory in pipes: as many as there may be, each full."""
    held = 0
    try:
        while held < 64 * MEGABYTE:
            _, end = os.pipe()
            os.set_blocking(end, False)
            try:
                while True:
                    held += os.write(end, bytes(65536))
            except BlockingIOError:
                pass
    except OSError as refusal:
        if refusal.errno == errno.EMFILE and held < 16 * MEGABYTE:
            raise Held(f"{held // 1024} KiB, then EMFILE") from None
        raise
    return f"{held // MEGABYTE} MiB of the kernel's memory"


@family([("streams", 1, 65536), ("datagrams", 2, 150_000), ("packets", 5, 150_000)])
def socket_buffers_filled(decoys, name, kind, size):
    """Kernel memory in pairs of sockets: as many as there may be, each as large as the host allows, and full."""
    import socket

    ends, held = [], 0
    try:
        while len(ends) < 2000:
            ends += socket.socketpair(socket.AF_UNIX, kind)
    except OSError as refusal:
        if refusal.errno not in (errno.EMFILE, errno.EPERM):
            raise
    for end in ends:
        end.setblocking(False)
        LIBC.setsockopt(end.fileno(), socket.SOL_SOCKET, socket.SO_SNDBUF, ctypes.byref(ctypes.c_int(1 << 30)), 4)
        try:
            while held < TOO_MUCH:
                held += end.send(bytes(size))
        except BlockingIOError:
            pass
    if held > 12 * MEGABYTE:
        return f"{held // MEGABYTE} MiB of the kernel's memory"
    raise Held(f"{held // 1024} KiB in {len(ends)} sockets")


@attack
def signals_queued(decoys):
    """Signals that wait are counted for a user: where all programs have the server's, one would use up what they and the server may have."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
    for _ in range(1000):
        os.kill(os.getpid(), signal.SIGRTMIN)
    waited = 0
    while signal.sigtimedwait([signal.SIGRTMIN], 0):
        waited += 1
    if waited > 100:
        return f"{waited} signals"
    raise Held(f"{waited} of 1000 signals")


@attack(ends="memory-exceeded")
def page_tables_grown(decoys):
    """A page of memory each gigabyte: few pages, which the kernel keeps a page of tables and another for. The server looks at that, as no limit of the kernel's counts it."""
    LIBC.mmap.restype, gigabyte = ctypes.c_void_p, 1 << 30
    for number in range(60_000):
        address = LIBC.mmap(None, ctypes.c_size_t(gigabyte), 1, 0x22, -1, ctypes.c_long(0))
        if address == 2**64 - 1:
            check(-1)
        ctypes.string_at(address, 1)
        LIBC.munmap(ctypes.c_void_p(address + 4096), ctypes.c_size_t(gigabyte - 4096))
    return "480 MiB of page tables"


def _fork(how):
    return {"os": os.fork, "libc": lambda: LIBC.fork(), "number": lambda: system_call("fork"), "clone": lambda: system_call("clone", 17, 0, 0, 0, 0)}[how]()


@family([("os",), ("libc",), ("number",), ("clone",)], also=("seccomp",))
def fork(decoys, name):
    """One more process."""
    pid = check(_fork(name))
    if pid == 0:
        linger()
    return f"the process {pid}"


@attack(also=("seccomp",))
def fork_bomb(decoys):
    """Processes as many as there may be."""
    made = []
    for _ in range(32):
        pid = os.fork()
        if pid == 0:
            linger()
        made.append(pid)
    return f"{len(made)} processes"


@attack(also=("seccomp",))
def double_fork(decoys):
    """A daemon: its grandchild has no parent here and a session of its own."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            linger()
        os._exit(0)
    return "a daemon"


@attack(also=("seccomp",))
def thread_bomb(decoys):
    """Threads count as processes."""
    import threading

    threading.stack_size(65536)
    try:
        for _ in range(100):
            threading.Thread(target=linger, daemon=True).start()
    except RuntimeError as refusal:
        raise Held(str(refusal)) from None
    return "100 threads"


@attack(also=("seccomp",))
def new_session(decoys):
    """setsid and setpgid, to slip away from whoever kills groups."""
    os.setsid()
    return f"the session {os.getsid(0)}"


@family([("int_power", "9**9**9"), ("factorial", "__import__('math').factorial(10**9)"), ("text", "'x' * 10**12"), ("format", "'%1000000000000d' % 1"),
         ("range", "list(range(10**12))"), ("shift", "1 << 10**13"), ("numpy", "__import__('numpy').zeros((10**6, 10**6)) + 1")],
        ends=("held", "timed-out"), seconds=0.7)
def expression(decoys, name, text):
    """Small programs with large values; some are slow before they are large, and the clock ends them."""
    try:
        return f"a value of {sys.getsizeof(eval(text))} bytes"
    except (OverflowError, ValueError) as refusal:
        raise Held(str(refusal)) from None


@family([("zlib",), ("json",), ("image",)])
def inflated(decoys, name):
    """Little data that becomes much."""
    import zlib

    if name == "zlib":
        packer = zlib.compressobj(wbits=-15)
        piece = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)  # after which nothing depends on what was before
        return f"{len(zlib.decompress(piece * 512 + packer.flush(), wbits=-15)) // MEGABYTE} MiB"
    if name == "json":
        return f"{len(json.loads('[' + '[],' * (8 * MEGABYTE) + '0]'))} lists"
    from PIL import Image

    return f"{Image.new('RGB', (20000, 20000)).size}"
