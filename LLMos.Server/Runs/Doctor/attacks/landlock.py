"""What Landlock alone must stop: the system call filter lets files be opened, only Landlock tells them apart."""

import importlib.machinery
import importlib.util
import inspect
import io
import mmap
import sqlite3


def _through_symbol(function):
    def read(path):
        function.restype = ctypes.c_void_p
        handle = function(path.encode(), b"r")
        if not handle:
            check(-1)
        buffer = ctypes.create_string_buffer(256)
        LIBC.fread(buffer, 1, 255, ctypes.c_void_p(handle))
        return buffer.value
    return read


def _descriptor(descriptor):
    return os.read(check(descriptor), 256)


def _mapped(path):
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:]


def _sqlite(path):
    try:
        sqlite3.connect(f"file:{path}?immutable=1", uri=True).execute("select * from sqlite_master").fetchall()
    except sqlite3.OperationalError as refusal:
        raise PermissionError(errno.EACCES, str(refusal)) from None
    except sqlite3.DatabaseError as opened:
        return str(opened)  # It could be read, and is no database.


def _module(path):
    spec = importlib.util.spec_from_file_location("module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SECRET


def _zip(path):
    import zipfile

    try:
        return zipfile.ZipFile(path).namelist()
    except zipfile.BadZipFile as opened:
        return str(opened)


def _library(path):
    try:
        return ctypes.CDLL(path)
    except OSError as refusal:
        raise refusal if "denied" not in str(refusal) else PermissionError(errno.EACCES, str(refusal)) from None


def _runpy(path):
    import runpy

    return runpy.run_path(path)["SECRET"]


def _numpy(path):
    import numpy

    return bytes(numpy.fromfile(path, dtype="uint8"))


def _memmap(path):
    import numpy

    return bytes(numpy.memmap(path, dtype="uint8", mode="r"))


def _pandas(path):
    import pandas

    return pandas.read_csv(path).columns.tolist(), open(path).read()


def _pillow(path):
    from PIL import Image

    try:
        return Image.open(path)
    except Image.UnidentifiedImageError as opened:
        return str(opened)


def _configuration(path):
    import configparser

    with open(path) as file:
        return configparser.ConfigParser().read_file(file)


def _async(path):
    import asyncio

    async def read():
        return io.open(path).read()

    return asyncio.run(read())


# Every way to a file's content that a program has, by Python, by libraries, by C, by number.
ROUTES = [
    ("open", lambda path: open(path).read()),
    ("open_unwrapped", lambda path: getattr(io.open, "__wrapped__", io.open)(path).read()),
    ("open_code", lambda path: io.open_code(path).read()),
    ("file_io", lambda path: io.FileIO(path).read()),
    ("_io", lambda path: sys.modules["_io"].open(path).read()),
    ("os_open", lambda path: os.read(os.open(path, os.O_RDONLY), 256)),
    ("posix_open", lambda path: os.read(sys.modules["posix"].open(path, os.O_RDONLY), 256)),
    ("path", lambda path: __import__("pathlib").Path(path).read_text()),
    ("codecs", lambda path: __import__("codecs").open(path).read()),
    ("linecache", lambda path: __import__("linecache").updatecache(path) or open(path).read()),
    ("tokenize", lambda path: __import__("tokenize").open(path).read()),
    ("fileinput", lambda path: list(__import__("fileinput").input([path]))),
    ("copy", lambda path: __import__("shutil").copyfileobj(open(path), sys.stdout)),
    ("mmap", _mapped),
    ("sqlite", _sqlite),
    ("import_from_file", _module),
    ("get_data", lambda path: importlib.machinery.SourceFileLoader("x", path).get_data(path)),
    ("get_code", lambda path: importlib.machinery.SourceFileLoader("module", path).get_code("module").co_consts),
    ("extension", lambda path: importlib.machinery.ExtensionFileLoader("x", path).get_data(path)),
    ("runpy", _runpy),
    ("zipfile", _zip),
    ("shared_library", _library),
    ("numpy_fromfile", _numpy),
    ("numpy_memmap", _memmap),
    ("pandas", _pandas),
    ("pillow", _pillow),
    ("configparser", _configuration),
    ("asyncio", _async),
    ("libc_open", lambda path: _descriptor(LIBC.open(path.encode(), 0))),
    ("libc_openat", lambda path: _descriptor(LIBC.openat(-100, path.encode(), 0))),
    ("libc_fopen", _through_symbol(LIBC.fopen)),
    ("openat_by_number", lambda path: _descriptor(system_call("openat", -100, ctypes.c_char_p(path.encode()), 0, 0))),
    ("relative", lambda path: open(os.path.relpath(path)).read()),
    ("relative_to_the_root", lambda path: io.FileIO(os.path.relpath(path, "/")).read()),
    ("through_a_readable_folder", lambda path: open(os.path.dirname(os.__file__) + "/../../.." + path).read()),
    ("beneath_a_descriptor", lambda path: os.read(os.open("secret.txt", os.O_RDONLY, dir_fd=os.open(os.path.dirname(path), os.O_PATH)), 256)),
    ("own_root", lambda path: open("/proc/self/root" + path).read()),
    ("own_cwd", lambda path: open("/proc/self/cwd" + path).read()),
    ("bytes_path", lambda path: open(os.fsencode(path), "rb").read()),
    ("no_access_time", lambda path: os.read(os.open(path, os.O_RDONLY | os.O_NOATIME | os.O_NONBLOCK), 256)),
    ("for_reading_and_writing", lambda path: os.read(os.open(path, os.O_RDWR), 256)),
]


@family(ROUTES)
def read_by(decoys, name, route):
    """The content of a file that everybody may read as far as its mode goes."""
    file = {"import_from_file": "module.py", "runpy": "module.py", "get_code": "module.py", "pandas": "secret.csv"}.get(name, "secret.txt")
    return repr(route(f"{decoys.folders[0]}/{file}"))


@attack(also=("privileges",))
def read_in_the_data_folder(decoys):
    """The same beside the server's own data."""
    return open(f"{decoys.folders[-1]}/secret.txt").read()


# Files that tell of the host. A row whose file is not there is held: there is nothing to read.
FILES = [(name, path) for name, path in (
    ("passwd", "/etc/passwd"), ("hosts", "/etc/hosts"), ("resolv_conf", "/etc/resolv.conf"), ("machine_id", "/etc/machine-id"),
    ("own_maps", "/proc/self/maps"), ("own_memory", "/proc/self/mem"), ("own_environment", "/proc/self/environ"),
    ("own_command_line", "/proc/self/cmdline"), ("own_status", "/proc/self/status"), ("own_mounts", "/proc/self/mountinfo"),
    ("own_cgroup", "/proc/self/cgroup"), ("own_limits", "/proc/self/limits"), ("own_memory_of_thread", "/proc/thread-self/mem"),
    ("cpu", "/proc/cpuinfo"), ("memory", "/proc/meminfo"), ("uptime", "/proc/uptime"), ("command_line_of_the_kernel", "/proc/cmdline"),
    ("kernel_version", "/proc/version"), ("network_connections", "/proc/net/tcp"), ("unix_sockets", "/proc/net/unix"),
    ("kernel_symbols", "/proc/kallsyms"), ("address_of_hardware", "/sys/class/net/lo/address"), ("product", "/sys/class/dmi/id/product_name"),
    ("memory_of_the_machine", "/dev/mem"), ("messages_of_the_kernel", "/dev/kmsg"), ("zeros", "/dev/zero"), ("terminal", "/dev/tty"),
)]


@family(FILES)
def read(decoys, name, path):
    """A file that tells of the host or of this process."""
    try:
        return repr(os.read(_raw_open(path, os.O_RDONLY), 256))
    except (FileNotFoundError, NotADirectoryError):
        raise Held("there is no such file here") from None


def _raw_open(path, flags, mode=0o600):
    return getattr(os.open, "__wrapped__", os.open)(path, flags, mode)


# What of another process lies in /proc; the kernel guards some of it by user and by ptrace's rules too.
_OF_PROCESSES = ("cmdline", "status", "environ", "mem", "maps", "fd", "root", "cwd")


@family([(f"{what}_of_{whose}".replace("/", "_"), whose, what) for whose in ("server", "forkserver", "another_run", "process") for what in _OF_PROCESSES],
        also=("privileges",))
def read(decoys, name, whose, what):
    """/proc of other processes: command lines, environments, memory, open files, their root."""
    path = f"/proc/{getattr(decoys, whose)}/{what}"
    if what in ("fd", "root", "cwd"):
        return f"{path}: {os.listdir(path)}"
    return f"{path}: {os.read(_raw_open(path, os.O_RDONLY), 4096)!r}"


@family([("own", "self"), ("first", "1"), ("server", None)], also=("privileges",))
def descriptors_in_proc(decoys, name, process):
    """/proc/…/fd as files: opening again what was inherited, with other rights."""
    folder = f"/proc/{process or decoys.server}/fd"
    return f"{folder}: {os.listdir(folder)}"


FOLDERS = [
    ("root", "/"), ("home", "/root"), ("etc", "/etc"), ("proc", "/proc"), ("sys", "/sys"), ("dev", "/dev"), ("shm", "/dev/shm"), ("tmp", "/tmp"),
    ("var", "/var"), ("run", "/run"), ("decoys", None), ("data", None), ("attacks", None),
]


@family(FOLDERS)
def list_folder(decoys, name, path):
    """Names of files: os.listdir and os.scandir."""
    path = path or {"decoys": decoys.folders[0], "data": decoys.data, "attacks": decoys.attacks}[name]
    try:
        return f"{path}: {os.listdir(path)}, {list(os.scandir(path))}"
    except FileNotFoundError:
        raise Held("there is no such folder here") from None


@family([("temporary", "temporary"), ("data", "data")])
def glob(decoys, name, place):
    """glob and walk swallow refusals, so that nothing found is what holds."""
    import glob

    found = glob.glob(f"{getattr(decoys, place)}/**", recursive=True) + [name for _, names, files in os.walk(getattr(decoys, place)) for name in names + files]
    if [one for one in found if one.rstrip("/") != getattr(decoys, place)]:
        return repr(found)
    raise Held("nothing was found")


_WAYS = [
    ("create", os.O_WRONLY | os.O_CREAT, "new.txt"), ("create_exclusively", os.O_WRONLY | os.O_CREAT | os.O_EXCL, "new.txt"),
    ("append", os.O_WRONLY | os.O_APPEND, "secret.txt"), ("truncate", os.O_WRONLY | os.O_TRUNC, "secret.txt"),
    ("truncate_for_reading", os.O_RDONLY | os.O_TRUNC, "secret.txt"), ("write", os.O_WRONLY, "secret.txt"), ("unnamed", os.O_TMPFILE | os.O_RDWR, "."),
]


@family([(f"{name}_in_{place}", place, flags, file) for name, flags, file in _WAYS for place in ("temporary", "data")])
def open_to(decoys, name, place, flags, file):
    """Opening a file to write, with each flag that changes one, in folders that everybody may write to."""
    folder = decoys.folders[0 if place == "temporary" else -1]
    descriptor = _raw_open(f"{folder}/{file}", flags)
    try:
        os.write(descriptor, b"x")
    except OSError:
        return f"descriptor {descriptor} to write to, though not the writing"
    return f"a byte in {folder}/{file}"


@family([("tmp", "/tmp"), ("shm", "/dev/shm"), ("var_tmp", "/var/tmp"), ("home", "/root"), ("mqueue", "/dev/mqueue"), ("packages", os.path.dirname(os.__file__))])
def create_in(decoys, name, folder):
    """A new file in the usual places."""
    path = f"{folder}/{decoys.mark}"
    try:
        descriptor = _raw_open(path, os.O_WRONLY | os.O_CREAT)
    except FileNotFoundError:
        raise Held("there is no such folder here") from None
    except OSError as refusal:
        # Asked before any rule of a sandbox is; a container's root is so.
        if refusal.errno == errno.EROFS:
            raise Held("nobody can write there: the file system is read-only") from None
        raise
    return f"descriptor {descriptor} of {path}"


@attack(also=("rlimits",))
def large_file(decoys):
    """A disk filled: 16 MiB in a file of its own."""
    path = f"{decoys.folders[0]}/large"
    descriptor = _raw_open(path, os.O_WRONLY | os.O_CREAT)
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        return f"{sum(os.write(descriptor, bytes(1 << 20)) for _ in range(16))} bytes in {path}"
    except OSError as limit:
        return f"an empty file {path}, whose first byte was refused by {errno.errorcode[limit.errno]}"


@family([("named_file",), ("tempfile",), ("pandas",), ("numpy",), ("matplotlib",), ("sqlite",), ("pickle",), ("zip",)])
def save_by(decoys, name):
    """What libraries write."""
    path = f"{decoys.folders[0]}/saved"
    import tempfile

    if name == "named_file":
        open(path, "w").write("x")
    elif name == "tempfile":
        try:
            path = tempfile.NamedTemporaryFile(delete=False, dir=decoys.folders[0]).name
        except FileNotFoundError as none:
            raise PermissionError(errno.EACCES, str(none)) from None
    elif name == "pandas":
        import pandas

        pandas.DataFrame({"a": [1]}).to_csv(path)
    elif name == "numpy":
        import numpy

        numpy.save(path, numpy.zeros(1))
    elif name == "matplotlib":
        import matplotlib.pyplot

        matplotlib.pyplot.figure().savefig(path)
    elif name == "sqlite":
        try:
            sqlite3.connect(path).execute("create table a (b)")
        except sqlite3.OperationalError as refusal:
            raise PermissionError(errno.EACCES, str(refusal)) from None
    elif name == "pickle":
        import pickle

        pickle.dump(1, open(path, "wb"))
    else:
        import zipfile

        zipfile.ZipFile(path, "w").writestr("a", "b")
    return path


@attack
def existence_of_files(decoys):
    """stat tells that a file exists, its size and owner, by whatever path: Landlock has no right for it. Known, and in README."""
    try:
        size = inspect.unwrap(os.stat)(f"{decoys.folders[0]}/secret.txt").st_size
    except PermissionError:
        raise
    try:
        content = _raw_open(f"{decoys.folders[0]}/secret.txt", os.O_RDONLY)
    except PermissionError:
        raise Held(f"its size, {size} bytes, can be seen (known: no rule can forbid stat), its content cannot") from None
    return f"descriptor {content}"


@attack
def content_of_another_by_its_hash(decoys):
    """Whether somebody else keeps a content, asked by the name that its SHA-256 would give it: nothing forbids the question."""
    import hashlib

    name = hashlib.sha256(b"What others have too.\n" * 2000).hexdigest()
    for contents in (f"{decoys.temporary}/volumes/contents", f"{decoys.data}/contents"):
        try:
            return f"{os.stat(f'{contents}/{name[:2]}/{name}').st_size} bytes that somebody keeps"
        except FileNotFoundError:
            continue
    raise Held("no content is where its hash would have it")


@attack
def target_of_links(decoys):
    """readlink tells where /proc/self/exe leads, by its path and no more. Known, as for stat."""
    target = os.readlink("/proc/self/exe")
    try:
        os.readlink(f"/proc/{decoys.server}/cwd")
    except PermissionError:
        raise Held(f"of its own, {target} can be seen (known: no rule can forbid readlink), of the server nothing") from None
    return "the server's working folder"
