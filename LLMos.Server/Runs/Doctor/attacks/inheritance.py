"""What a worker must not get from the server and the forkserver: descriptors, environment, memory, state of earlier runs."""

import stat

# The whole environment that the forkserver is given (Forkserver.cs), and what Python adds.
KNOWN = {"LANG", "HOME", "PATH", "MPLCONFIGDIR", "JOBLIB_MULTIPROCESSING", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "LC_CTYPE", "KMP_INIT_AT_FORK", "KMP_DUPLICATE_LIB_OK"}


def _own_secret_in(text):
    return [one.decode() for one in SECRET.findall(text)]


@attack
def environment(decoys):
    """os.environ has the fixed list and nothing else."""
    unknown = set(os.environ) - KNOWN
    if unknown:
        return repr({name: os.environ[name] for name in unknown})
    raise Held(f"{len(os.environ)} variables, all of them known")


@attack
def environment_of_c(decoys):
    """The C library's own environment, which may have more than Python's."""
    entries, values = ctypes.POINTER(ctypes.c_char_p).in_dll(LIBC, "environ"), []
    while entries and entries[len(values)]:
        values.append(entries[len(values)])
    unknown = [value for value in values if value.partition(b"=")[0].decode() not in KNOWN]
    if unknown:
        return repr(unknown)
    raise Held(f"{len(values)} variables, all of them known")


@attack
def command_line(decoys):
    """sys.argv and sys.orig_argv."""
    found = _own_secret_in(repr((sys.argv, sys.orig_argv)).encode())
    if found:
        return repr(found)
    raise Held(f"{len(sys.orig_argv)} words, no secret")


def _memory_around(address, below, above):
    """Read all memory there is around an address by way of a pipe: what is not there is an error then, no crash."""
    piece, page = 32768, 4096
    reading, writing = os.pipe()
    found = bytearray()
    LIBC.write.restype = ctypes.c_ssize_t
    for start in range((address - below) & -piece, address + above, piece):
        if LIBC.write(writing, ctypes.c_void_p(start), ctypes.c_size_t(piece)) == piece:
            found += os.read(reading, piece)
            continue
        for part in range(start, start + piece, page):
            if LIBC.write(writing, ctypes.c_void_p(part), ctypes.c_size_t(page)) > 0:
                found += os.read(reading, piece)
    os.close(reading)
    os.close(writing)
    return bytes(found)


@attack(heap=256)
def memory_of_objects(decoys):
    """What Python's allocator ever held in the forkserver lies around any object."""
    found = set(_own_secret_in(_memory_around(id(sys.modules["os"]), 64 << 20, 64 << 20)))
    if found:
        return repr(found)
    raise Held("no secret within 64 MiB of an object")


@attack(heap=256)
def memory_of_the_heap(decoys):
    """The same of malloc's heap."""
    LIBC.malloc.restype = ctypes.c_void_p
    found = set(_own_secret_in(_memory_around(LIBC.malloc(ctypes.c_size_t(64)), 48 << 20, 1 << 20)))
    if found:
        return repr(found)
    raise Held("no secret within 48 MiB of the heap")


@attack
def memory_of_the_stack(decoys):
    """And of the stack: what functions that have returned left there, and at its end the environment and command line of the start."""
    found = _own_secret_in(_memory_around(ctypes.c_void_p.in_dll(LIBC, "__libc_stack_end").value, 8 << 20, 1 << 20))
    if found:
        return repr(found)
    raise Held("no secret in 8 MiB of stack")


@attack
def objects_of_modules(decoys):
    """All that modules and the collector's objects hold."""
    import gc

    text = repr([value for module in list(sys.modules.values()) for value in vars(module).values() if isinstance(value, (str, bytes))])
    text += repr([one for one in gc.get_objects() if isinstance(one, (dict, list)) and len(one) < 100 and one is not text])[:1 << 22]
    found = _own_secret_in(text.encode("utf-8", "replace"))
    if found:
        return repr(found)
    raise Held("no secret in modules")


def _descriptors():
    for descriptor in range(1024):
        try:
            yield descriptor, os.fstat(descriptor)
        except OSError:
            pass


@attack
def number_of_descriptors(decoys):
    """0 nothing, 1 output, 2 errors, 3 requests, and output and errors once more: nothing else may be open."""
    found = [descriptor for descriptor, _ in _descriptors()]
    if len(found) > 6:
        return f"the descriptors {found}"
    raise Held(f"the descriptors {found}")


@attack
def kinds_of_descriptors(decoys):
    """A null device, pipes and one socket: no file, no folder, no other device."""
    for descriptor, facts in _descriptors():
        mode = facts.st_mode
        null = stat.S_ISCHR(mode) and facts.st_rdev == os.stat("/dev/null").st_rdev
        if not (null or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            return f"descriptor {descriptor}: {stat.filemode(mode)}"
    raise Held("a null device, pipes and a socket")


@family([("output", 1), ("errors", 2), ("copy_of_output", 4)])
def pipe_opened_again(decoys, name, descriptor):
    """The server's side of its own pipe: a worker that reads there takes back what it wrote, between the server's look and its read."""
    return f"descriptor {check(LIBC.open(f'/proc/self/fd/{descriptor}'.encode(), os.O_RDONLY | os.O_NONBLOCK))}"


@attack
def content_of_descriptors(decoys):
    """Reading whatever is open, from its beginning."""
    for descriptor, facts in _descriptors():
        if stat.S_ISREG(facts.st_mode):
            return repr(os.pread(descriptor, 256, 0))
        if stat.S_ISDIR(facts.st_mode):
            return repr(os.listdir(descriptor))
    raise Held("no file and no folder is open")


@attack
def folder_from_a_descriptor(decoys):
    """An open folder is a way past its path: openat of what lies below."""
    for descriptor, facts in _descriptors():
        if stat.S_ISDIR(facts.st_mode):
            return repr(os.open(".", os.O_RDONLY, dir_fd=descriptor))
    raise Held("no folder is open")


@attack
def sockets_of_others(decoys):
    """The forkserver's line to the server would fork whatever is asked."""
    import socket

    found = []
    for descriptor, facts in _descriptors():
        if stat.S_ISSOCK(facts.st_mode):
            with socket.socket(fileno=os.dup(descriptor)) as one:
                found.append((descriptor, one.type, one.getpeername()))
    if len(found) != 1 or found[0][1] != socket.SOCK_STREAM:
        return repr(found)
    raise Held("one stream, that of its requests")


@attack
def fork_asked_of_the_forkserver(decoys):
    """A `fork` message on every socket."""
    import socket

    message = json.dumps({"type": "fork", "worker": 999999, "heapBytes": 1 << 40, "cpuSeconds": 9999, "required": []}).encode()
    for descriptor, facts in _descriptors():
        if stat.S_ISSOCK(facts.st_mode):
            with socket.socket(fileno=os.dup(descriptor)) as one:
                if one.type == socket.SOCK_SEQPACKET:
                    return f"the forkserver: {one.send(message)} bytes"
    raise Held("no line to the forkserver")


@attack
def answers_meant_for_others(decoys):
    """Reading on the connection that requests come in on: nothing of another run may come."""
    os.set_blocking(3, False)
    try:
        return repr(os.read(3, 4096))
    except BlockingIOError:
        raise Held("nothing came") from None


@attack
def working_folder(decoys):
    """The server's folder, which relative paths would lead to; what Python says is the folder in the volumes."""
    buffer = ctypes.create_string_buffer(4096)
    check(LIBC.getcwd(buffer, 4096) and 0)
    if buffer.value != b"/":
        return buffer.value
    raise Held("/")


@attack
def trusted_half_as_a_source(decoys):
    """What forked this process is a module in it: its secrets, its descriptors, its functions."""
    from llmos_bootstrap import forkserver

    found = [name for name, value in vars(forkserver).items() if isinstance(value, (int, list, dict)) and not name.startswith("__") and value and name not in ("_MAX_MESSAGE_BYTES", "_USERS")]
    if found:
        return repr(found)
    raise Held("its module holds constants and functions only")


# What one run leaves must not be there for the next: each looks for what `leave` left in a worker before.


@preparation
def leave(decoys):
    import atexit
    import builtins
    import random
    import signal
    import warnings

    os.environ["LLMOS_LEFT"] = builtins.llmos_left = sys.modules["json"].llmos_left = "left"
    sys.modules["left_module"] = types.ModuleType("left_module")
    sys.path.insert(0, "/left")
    sys.modules["__main__"].left_global = 1
    random.seed(7)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    sys.setrecursionlimit(777)
    atexit.register(lambda: print("left"))
    warnings.filterwarnings("ignore", message="left")
    json.dumps = lambda *_, **__: '{"held": false, "seen": "another run answered"}'
    if "matplotlib.pyplot" in sys.modules:
        import matplotlib.pyplot
        import numpy

        numpy.random.seed(7)
        numpy.set_printoptions(precision=77)
        matplotlib.pyplot.rcParams["lines.linewidth"] = 77
        matplotlib.pyplot.figure(77)


def _random():
    import random

    return random.random() == random.Random(7).random()


def _numpy():
    import numpy

    return numpy.random.random() == numpy.random.RandomState(7).random_sample()


def _pyplot():
    import matplotlib.pyplot

    return 77 in matplotlib.pyplot.get_fignums() or matplotlib.pyplot.rcParams["lines.linewidth"] == 77


def _signals():
    import signal

    return signal.getsignal(signal.SIGUSR1) != signal.SIG_DFL or signal.pthread_sigmask(signal.SIG_BLOCK, []) & {signal.SIGUSR1}


@family([
    ("environment", lambda: "LLMOS_LEFT" in os.environ), ("builtins", lambda: hasattr(__import__("builtins"), "llmos_left")),
    ("module_attribute", lambda: hasattr(json, "llmos_left")), ("module", lambda: "left_module" in sys.modules),
    ("path", lambda: "/left" in sys.path), ("global", lambda: hasattr(sys.modules["__main__"], "left_global")),
    ("random", _random), ("numpy_random", _numpy), ("pyplot", _pyplot), ("signals", _signals),
    ("recursion_limit", lambda: sys.getrecursionlimit() == 777), ("warnings", lambda: "left" in repr(__import__("warnings").filters)),
    ("print_options", lambda: __import__("numpy").get_printoptions()["precision"] == 77), ("patched_function", lambda: json.dumps({}) != "{}"),
], after=leave)
def left_behind(decoys, name, is_there):
    """What the run before left."""
    if is_there():
        return f"the {name} of the run before"
    raise Held("nothing of the run before")


@family([("random", "random"), ("numpy", "numpy.random")])
def seed(decoys, name, module):
    """A seed that every worker inherits makes one run's numbers another's."""
    import importlib

    one = importlib.import_module(module)
    state = repr(one.getstate() if name == "random" else one.get_state())
    one.seed(0)
    if state == repr(one.getstate() if name == "random" else one.get_state()):
        return "a known state"
    raise Held("a state of its own")
