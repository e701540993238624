"""What the system call filter alone must stop: calls by number, entries of other architectures, memory that becomes code."""

import time

PAGE = 4096
READ, WRITE, EXECUTE = 1, 2, 4
SHARED, PRIVATE, ANONYMOUS, GROWS_DOWN, HUGE_PAGES = 0x1, 0x2, 0x20, 0x100, 0x40000

# Calls with arguments to which the kernel itself would answer anything but EPERM: EPERM is the filter's word.
REFUSED = [(name, *arguments) for name, *arguments in (
    # the network
    ("socket", 2, 1, 0), ("connect", -1, 0, 0), ("bind", -1, 0, 0), ("listen", -1, 1), ("accept", -1, 0, 0), ("accept4", -1, 0, 0, 0),
    ("sendmsg", -1, 0, 0), ("sendmmsg", -1, 0, 0, 0), ("recvmmsg", -1, 0, 0, 0, 0),
    # other programs
    ("execve", 0, 0, 0), ("execveat", -1, 0, 0, 0, 0),
    # memory that no limit counts
    ("memfd_create", 0, 0), ("memfd_secret", -1), ("shmget", 0, 0, 0), ("shmat", -1, 0, 0), ("shmctl", -1, 0, 0), ("semget", 0, -1, 0),
    ("semop", -1, 0, 0), ("msgget", 0x6c6c6d, 0), ("mq_open", 0, 0, 0, 0), ("remap_file_pages", 0, 0, 0, 0, 0), ("mlockall", -1),
    ("mbind", 0, 0, 99, 0, 0, 0), ("set_mempolicy", 99, 0, 0), ("pkey_alloc", -1, 0), ("pkey_mprotect", 1, 0, 0, -1),
    # changing files
    ("creat", 0, 0), ("truncate", 0, 0), ("ftruncate", -1, 0), ("fallocate", -1, 0, 0, 1), ("rename", 0, 0), ("renameat", -1, 0, -1, 0),
    ("renameat2", -1, 0, -1, 0, 0), ("link", 0, 0), ("linkat", -1, 0, -1, 0, 0), ("symlink", 0, 0), ("symlinkat", 0, -1, 0), ("unlink", 0),
    ("unlinkat", -1, 0, 0), ("mkdir", 0, 0), ("mkdirat", -1, 0, 0), ("rmdir", 0), ("mknod", 0, 0, 0), ("mknodat", -1, 0, 0, 0),
    ("chmod", 0, 0), ("fchmod", -1, 0), ("fchmodat", -1, 0, 0), ("chown", 0, 0, 0), ("fchown", -1, 0, 0), ("lchown", 0, 0, 0),
    ("fchownat", -1, 0, 0, 0, 0), ("utime", 0, 0), ("utimensat", -1, 0, 0, -1), ("setxattr", 0, 0, 0, 0, 0), ("removexattr", 0, 0),
    # ways to files past open
    ("openat2", -1, 0, 0, 0), ("name_to_handle_at", -1, 0, 0, 0, 0), ("getxattr", 0, 0, 0, 0), ("listxattr", 0, 0, 0),
    ("inotify_init1", -1), ("inotify_add_watch", -1, 0, 0), ("statfs", 0, 0), ("fstatfs", -1, 0), ("chdir", 0), ("fchdir", -1),
    ("splice", -1, 0, -1, 0, 1, 0), ("tee", -1, -1, 1, 0), ("vmsplice", -1, 0, 0, 0), ("sendfile", -1, -1, 0, 1),
    ("copy_file_range", -1, 0, -1, 0, 1, 0), ("io_setup", 0, 0), ("fsync", -1), ("flock", -1, 0), ("readahead", -1, 0, 0),
    # other processes
    ("pidfd_open", -1, 0), ("pidfd_send_signal", -1, 0, 0, 0), ("tkill", -1, 0), ("setpriority", -1, 0, 0),
    ("sched_setscheduler", -1, 0, 0), ("sched_setaffinity", -1, 0, 0), ("setpgid", -1, 0), ("ioprio_set", -1, 0, 0),
    # itself
    ("setrlimit", -1, 0), ("prctl", -1, 0, 0, 0, 0), ("seccomp", -1, 0, 0), ("landlock_create_ruleset", 0, 0, 99),
    ("landlock_add_rule", -1, 0, 0, 0), ("personality", -1), ("setuid", -1), ("setgid", -1), ("setresuid", -1, -1, -1),
    ("setresgid", -1, -1, -1), ("setfsuid", -1), ("capget", 0, 0), ("capset", 0, 0), ("arch_prctl", -1, 0), ("set_tid_address", 0),
    ("timer_create", -1, 0, 0), ("timerfd_create", -1, 0), ("signalfd4", -1, 0, 0, 0),
    # the machine
    ("sync",), ("syslog", -1, 0, 0), ("sysfs", -1, 0), ("adjtimex", 0), ("umask", 0o777),
)]

# Nobody but an attacker calls these: the attempt is the worker's end.
DEADLY = (
    "ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp bpf userfaultfd perf_event_open "
    "io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key "
    "mount umount2 pivot_root move_mount open_tree fsopen fsmount fsconfig fspick mount_setattr chroot unshare setns "
    "kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff open_by_handle_at"
).split()



def _expect(answer, call, *arguments):
    """Make a system call to which the filter's word is `answer`; any other is the kernel's, and tells that the filter let it through."""
    try:
        return f"the kernel, which answered {system_call(call, *arguments)}"
    except OSError as refusal:
        if refusal.errno != answer:
            return f"the kernel, which answered {errno.errorcode[refusal.errno]}"
        raise


@family(REFUSED)
def call(decoys, name, *arguments):
    """A system call that no program needs, by its number."""
    return _expect(errno.EPERM, name, *arguments)


@family([(name,) for name in DEADLY], ends="SIGSYS")
def deadly(decoys, name):
    """A system call that only an attacker makes, by its number, with arguments that do no harm."""
    return f"the kernel, which answered {_answer(name, -1, -1, -1, -1, -1)}"


def _answer(call, *arguments):
    try:
        return system_call(call, *arguments)
    except OSError as answer:
        return errno.errorcode[answer.errno]


def _only_on(machine):
    if os.uname().machine != machine:
        LIBC.kill(os.getpid(), 31)  # The same end as on that machine: there is nothing to try here.


@family([("getpid", 39), ("open", 2), ("socket", 41), ("execve", 520), ("ptrace", 521), ("write", 1)], ends="SIGSYS")
def x32(decoys, name, number):
    """The same kernel by the numbers of the x32 architecture, which another table decides."""
    _only_on("x86_64")
    return f"the kernel, which answered {_answer(number | 0x40000000, 0, 0, 0)}"


@attack(ends="SIGSYS")
def entry_of_32_bits_in_a_library(decoys):
    """Machine code need not be brought along: the bytes of `int 0x80` lie somewhere in the C library."""
    if not decoys.entry_of_32_bits:
        LIBC.kill(os.getpid(), 31)  # As _only_on: the kernel has no such entry, which a process outside has tried.
    start = ctypes.cast(LIBC.setlocale, ctypes.c_void_p).value & -PAGE  # early in its code
    found = ctypes.string_at(start, 0x100000).find(b"\xcd\x80")
    if found < 0:
        LIBC.kill(os.getpid(), 31)
    ctypes.CFUNCTYPE(ctypes.c_long)(start + found)()
    return "the kernel by its 32-bit entry"


def _map(protection, flags, length=PAGE):
    LIBC.mmap.restype = ctypes.c_void_p
    LIBC.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
    address = LIBC.mmap(None, length, protection, flags, -1, 0)
    return check(-1) if address == 2**64 - 1 else address


@family([
    ("private", PRIVATE | ANONYMOUS), ("shared", SHARED | ANONYMOUS), ("growing_down", PRIVATE | ANONYMOUS | GROWS_DOWN),
])
def memory_writable_and_executable(decoys, name, flags):
    """mmap of memory that machine code is written to and run in."""
    return f"memory at {_map(READ | WRITE | EXECUTE, flags):#x}"


@family([("read_execute", READ | EXECUTE), ("all", READ | WRITE | EXECUTE), ("execute", EXECUTE)])
def written_memory_made_executable(decoys, name, protection):
    """mprotect of memory that was written to before: `mov eax, 20; int 0x80; ret`."""
    address = _map(READ | WRITE, PRIVATE | ANONYMOUS)
    ctypes.memmove(address, b"\xb8\x14\0\0\0\xcd\x80\xc3", 8)
    check(LIBC.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(PAGE), protection))
    return "machine code of its own"


def _own_code_at(address):
    code = {"x86_64": b"\xb8\x39\x30\0\0\xc3", "aarch64": b"\x20\x07\x86\x52\xc0\x03\x5f\xd6"}[os.uname().machine]  # return 12345
    ctypes.memmove(address, code, len(code))
    return f"machine code of its own, which returned {ctypes.CFUNCTYPE(ctypes.c_int)(address)()}"


@attack
def machine_code_in_a_page_that_is_there(decoys):
    """The kernel need not be asked for memory to write to and run, where the forkserver left some: the doctor has looked for it in another worker."""
    if decoys.writable_code:
        return _own_code_at(decoys.writable_code[0])
    raise Held("no memory of a worker can be both written to and run")


@attack(ends=("held", "SIGSEGV"))
def machine_code_in_a_callback(decoys):
    """ctypes gives the address of a callback, which is code; past the class of ours that refuses it."""
    import _ctypes

    class Raw(_ctypes.CFuncPtr):
        _flags_, _restype_, _argtypes_ = _ctypes.FUNCFLAG_CDECL, ctypes.c_int, ()

    callback = Raw(lambda: 1)
    return _own_code_at(ctypes.cast(callback, ctypes.c_void_p).value)


@attack
def machine_code_in_a_library(decoys):
    """Making the C library's own code writable."""
    address = ctypes.cast(LIBC.getpid, ctypes.c_void_p).value & -PAGE
    check(LIBC.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(PAGE), READ | WRITE | EXECUTE))
    return "the C library's code, writable"


@attack
def executable_stack(decoys):
    """mprotect of the stack with PROT_GROWSDOWN, as the loader does for libraries that ask for it."""
    local = ctypes.c_int()
    page = ctypes.addressof(local) & -PAGE
    check(LIBC.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(PAGE), READ | WRITE | EXECUTE))
    return "an executable stack"


@family([("shared", SHARED | ANONYMOUS), ("growing_down", PRIVATE | ANONYMOUS | GROWS_DOWN), ("huge", PRIVATE | ANONYMOUS | HUGE_PAGES)])
def memory_that_no_limit_counts(decoys, name, flags):
    """mmap of what RLIMIT_DATA does not count."""
    return f"64 MiB at {_map(READ | WRITE, flags, 64 << 20):#x}"


@attack
def shared_memory_filled(decoys):
    """System V shared memory, attached and written to, far over the heap limit."""
    segment = check(LIBC.shmget(0, ctypes.c_size_t(256 << 20), 0o1600))
    LIBC.shmat.restype = ctypes.c_void_p
    address = LIBC.shmat(segment, None, 0)
    LIBC.shmctl(segment, 0, None)
    ctypes.memset(address, 1, 256 << 20)
    return "256 MiB of shared memory"


@attack
def anonymous_file(decoys):
    """memfd_create: a file in memory, which no limit of the heap counts."""
    return f"descriptor {check(LIBC.memfd_create(b'x', 0))}"


def _made(answer, call, *arguments):
    seen = _expect(answer, call, *arguments)
    if seen.endswith(" 0"):
        linger()
    return seen


@family([("sigchld", 17), ("vfork", 0x4000 | 0x100 | 17), ("parent", 0x8000 | 17), ("new_user", 0x10000000 | 17), ("new_network", 0x40000000 | 17)])
def clone(decoys, name, flags):
    """clone by its number, with the flags of fork, vfork and namespaces."""
    return _made(errno.EPERM, "clone", flags, 0, 0, 0, 0)


@attack
def clone_of_a_thread(decoys):
    """clone of a thread, without what the kernel asks of one: the filter says EAGAIN before the kernel says EINVAL."""
    return _made(errno.EAGAIN, "clone", 0x10000, 0, 0, 0, 0)


@attack
def clone3(decoys):
    """clone3 hides its flags in memory, where a filter does not see them."""
    return _made(errno.ENOSYS, "clone3", 0, 0)


@family([("start_new_thread",), ("threading",), ("executor",)])
def thread(decoys, name):
    """A thread: other code at the same time, under no clock of its own."""
    import _thread
    import concurrent.futures
    import threading

    try:
        if name == "start_new_thread":
            _thread.start_new_thread(linger, ())
        elif name == "threading":
            threading.Thread(target=linger).start()
        else:
            concurrent.futures.ThreadPoolExecutor().submit(linger)
    except RuntimeError as refusal:
        raise Held(str(refusal)) from None
    return "a thread"


@family([("vfork",), ("fork",)])
def by_number(decoys, name):
    """fork and vfork by their numbers."""
    return _made(errno.EPERM, name)


@family([("server",), ("forkserver",), ("another_run",), ("process",)], also=("landlock", "privileges"))
def signal_nothing_to(decoys, name):
    """kill(pid, 0): whether a process is there and may be signalled."""
    os.kill(getattr(decoys, name), 0)
    return f"the process of {name}"


@attack
def search_for_processes(decoys):
    """kill(pid, 0) tells by ESRCH and EPERM which processes there are."""
    answer = _answer("kill", 2**22 - 3, 0)
    return check(LIBC.kill(2**22 - 3, 0)) if answer == "EPERM" else f"the kernel, which answered {answer}"


@family([("stop", 19), ("kill", 9), ("interrupt", 2)], also=("landlock", "privileges"))
def signal_to_the_decoy(decoys, name, number):
    """A signal to a process of the server's user."""
    _send(decoys.process, number)
    return "the decoy process"


@family([("kill", 9), ("stop", 19)], also=("landlock", "privileges"))
def signal_to_another_run(decoys, name, number):
    """A signal to the worker of somebody else's run."""
    _send(decoys.another_run, number)
    return "another run"


def _send(process, number):
    os.kill(process, number)
    # A process obeys when its turn on the processor comes; the doctor looks at it as soon as this program has ended.
    time.sleep(1)


@family([("everybody", -1), ("own_group", 0)], also=("landlock",))
def signal_to(decoys, name, process):
    """kill(-1), kill(0): a signal that does no harm (SIGURG) to all there are."""
    os.kill(process, 23)
    return name


@attack(also=("landlock", "privileges"))
def signal_through_a_thread(decoys):
    """tgkill with another process's number."""
    system_call("tgkill", decoys.process, decoys.process, 19)
    return "the decoy process"


@attack(also=("privileges",))
def priority_of_another(decoys):
    """setpriority on another process."""
    check(LIBC.setpriority(0, decoys.process, 19))
    return "the decoy process's niceness"


@attack
def priority_of_its_own(decoys):
    """A program gives way to the server; it must not take that back."""
    os.nice(-5)
    return "a better priority"


@family([("heap", "RLIMIT_DATA"), ("processor", "RLIMIT_CPU"), ("files", "RLIMIT_NOFILE"), ("core", "RLIMIT_CORE"), ("stack", "RLIMIT_STACK")])
def limit_changed(decoys, name, limit):
    """setrlimit, even to a lower value: limits are not the program's business."""
    import resource

    try:
        resource.setrlimit(getattr(resource, limit), (0, 0))
    except ValueError as refusal:
        raise Held(str(refusal)) from None
    return f"another {limit}"


@family([
    ("tiocsti", 0x5412), ("tioclinux", 0x541C), ("tiocsctty", 0x540E), ("siocgifconf", 0x8912), ("fionread_of_terminals", 0x5413), ("fs_ioc_setflags", 0x40086602),
])
def ioctl(decoys, name, request):
    """Requests to devices: put keys into a terminal, list network interfaces, change a file's flags."""
    buffer = ctypes.create_string_buffer(256)
    answer = _answer("ioctl", 0, request, ctypes.addressof(buffer))
    return check(LIBC.ioctl(0, request, buffer)) if answer == "EPERM" else f"the kernel, which answered {answer}"


@family([("lock", 6), ("owner", 8), ("lease", 1024), ("notify", 1026), ("pipe_size", 1031), ("seals", 1033)])
def fcntl_command(decoys, name, command):
    """fcntl beyond flags: locks, signals to an owner, larger pipes."""
    answer = _answer("fcntl", 1, command, 1 << 20)
    return check(LIBC.fcntl(1, command, 1 << 20)) if answer == "EPERM" else f"the kernel, which answered {answer}"


@family([
    ("larger_buffer", 1, 7), ("larger_buffer_by_force", 1, 32), ("received", 1, 8), ("filter", 1, 26), ("filter_of_bpf", 1, 50), ("sender_told", 1, 16), ("sender_told_by_pidfd", 1, 76),
    ("busy_polling", 1, 46), ("memory_reserved", 1, 79), ("zero_copy", 1, 60), ("timestamps", 1, 37), ("of_unix", 0, 1), ("of_tcp", 6, 1), ("of_tls", 282, 1),
])
def socket_option_set(decoys, name, level, option):
    """setsockopt on its line to the server: larger buffers, programs for the kernel, who is at the other end."""
    value = ctypes.create_string_buffer(b"\1\0\0\0" * 4)
    return _expect(errno.EPERM, "setsockopt", 3, level, option, ctypes.addressof(value), 4)


@family([("who_is_there", 1, 17), ("process_there", 1, 77), ("label_there", 1, 31), ("groups_there", 1, 59), ("memory", 1, 55), ("filter", 1, 26), ("buffer", 1, 7), ("of_unix", 0, 1)])
def socket_option_read(decoys, name, level, option):
    """getsockopt on its line to the server: who made it, a descriptor of the forkserver's process."""
    value, size = ctypes.create_string_buffer(64), ctypes.c_uint(64)
    return _expect(errno.EPERM, "getsockopt", 3, level, option, ctypes.addressof(value), ctypes.addressof(size))


@family([("pdeathsig", 1, 0), ("dumpable", 4, 1), ("seccomp", 22, 0), ("no_new_privs", 38, 0), ("memory_map", 35, 1), ("subreaper", 36, 1), ("timerslack", 29, 1)])
def prctl(decoys, name, option, value):
    """prctl to undo what holds: outlive the forkserver, adopt orphans, lift the filter."""
    answer = _answer("prctl", option, value, 0, 0, 0)
    return check(LIBC.prctl(option, value, 0, 0, 0)) if answer == "EPERM" else f"the kernel, which answered {answer}"
