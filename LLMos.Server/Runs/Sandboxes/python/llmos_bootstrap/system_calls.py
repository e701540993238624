"""The system calls a worker may make, compiled once to a seccomp program that each worker loads."""

import ctypes
import errno
import os
import struct

import seccomp  # Debian's python3-seccomp: libseccomp's own binding
from seccomp import EQ, ERRNO, KILL_PROCESS, MASKED_EQ, ALLOW, Arg, SyscallFilter

__all__ = ("Filter", "compile_filter")

# Stands for the worker's own process id until it is known; see Filter.load.
_OWN_PID = 0x6B1D0517

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2

_ALWAYS = """
    read write readv writev pread64 preadv close close_range lseek
    open openat access faccessat faccessat2 stat lstat fstat newfstatat statx readlink readlinkat getdents getdents64 getcwd
    brk munmap mremap madvise mincore
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause
    setitimer getitimer alarm
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 pipe pipe2
    dup dup2 dup3
    recvfrom recvmsg shutdown getsockname getpeername
    futex set_robust_list get_robust_list rseq membarrier sched_yield
    sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu getpriority
    getpid gettid getppid getpgrp getpgid getsid getuid geteuid getgid getegid getresuid getresgid getgroups
    getrlimit getrusage times sysinfo uname getrandom
    time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep
    wait4 waitid restart_syscall exit exit_group
""".split()

# Only an attacker calls these, so the attempt ends the worker.
_DEADLY = """
    ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp bpf userfaultfd perf_event_open
    io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key
    mount umount2 pivot_root move_mount open_tree fsopen fsmount fsconfig fspick mount_setattr chroot unshare setns
    kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff open_by_handle_at
    iopl ioperm modify_ldt
""".split()

_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 1030
_TCGETS, _FIONREAD, _FIONBIO, _FIONCLEX, _FIOCLEX = 0x5401, 0x541B, 0x5421, 0x5450, 0x5451
_PROT_WRITE, _PROT_EXEC = 2, 4
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_GROWSDOWN, _MAP_HUGETLB = 0x01, 0x20, 0x100, 0x40000
_CLONE_THREAD = 0x10000
_AF_UNIX, _SOL_SOCKET, _SOCK_STREAM, _SOCK_TYPES = 1, 1, 1, 0xF
_SO_TYPE, _SO_ERROR, _SO_PROTOCOL, _SO_DOMAIN = 3, 4, 38, 39
_PR_GET_NAME, _PR_SET_NAME, _PR_GET_DUMPABLE, _PR_GET_NO_NEW_PRIVS, _PR_GET_SECCOMP = 16, 15, 3, 39, 21


def compile_filter(sockets: bool = True) -> "Filter":
    """Return the filter of this module's lists: everything not named gives EPERM.

    Args:
        sockets: Whether pairs of them may be made.

    Raises:
        RuntimeError: libseccomp refused a rule.
    """
    rules = SyscallFilter(ERRNO(errno.EPERM))
    rules.set_attr(seccomp.Attr.ACT_BADARCH, KILL_PROCESS)  # 32-bit and x32 entries
    rules.set_attr(seccomp.Attr.CTL_OPTIMIZE, 2)  # a binary tree: seven comparisons a call instead of hundreds
    for name in _ALWAYS:
        rules.add_rule(ALLOW, name)
    for name in _DEADLY:
        rules.add_rule(KILL_PROCESS, name)

    for request in (_TCGETS, _FIONREAD, _FIONBIO, _FIONCLEX, _FIOCLEX):
        rules.add_rule(ALLOW, "ioctl", Arg(1, EQ, request))
    for command in (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC):
        rules.add_rule(ALLOW, "fcntl", Arg(1, EQ, command))

    # Libraries are mapped readable and executable; memory that can be written never becomes code. What RLIMIT_DATA does
    # not count (shared anonymous memory, stacks that grow, huge pages) must not be reachable. Each combination is a rule of its own,
    # because rules of one call are alternatives.
    for protection in (0, _PROT_WRITE, _PROT_EXEC):
        for sharing in (_MAP_SHARED, _MAP_ANONYMOUS, 0):
            rules.add_rule(
                ALLOW, "mmap",
                Arg(2, MASKED_EQ, _PROT_WRITE | _PROT_EXEC, protection),
                Arg(3, MASKED_EQ, _MAP_SHARED | _MAP_ANONYMOUS | _MAP_GROWSDOWN | _MAP_HUGETLB, sharing),
            )
    rules.add_rule(ALLOW, "mprotect", Arg(2, MASKED_EQ, _PROT_EXEC, 0))

    # Threads: EAGAIN makes Python say "can't start new thread". clone3 hides its flags in memory, ENOSYS sends glibc to clone.
    rules.add_rule(ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(ERRNO(errno.EAGAIN), "clone", Arg(0, MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD))

    if sockets:
        # Streams only: a datagram is held whole above the buffer's end.
        rules.add_rule(ALLOW, "socketpair", Arg(0, EQ, _AF_UNIX), Arg(1, MASKED_EQ, _SOCK_TYPES, _SOCK_STREAM))
    # What Python asks of a socket. None is ever set: it would make buffers larger, or load a program of its own into the kernel.
    for option in (_SO_TYPE, _SO_ERROR, _SO_PROTOCOL, _SO_DOMAIN):
        rules.add_rule(ALLOW, "getsockopt", Arg(1, EQ, _SOL_SOCKET), Arg(2, EQ, option))
    rules.add_rule(ALLOW, "sendto", Arg(4, EQ, 0))  # no address: only along an existing connection

    for name in ("kill", "tgkill"):
        rules.add_rule(ALLOW, name, Arg(0, EQ, _OWN_PID))
    rules.add_rule(ALLOW, "prlimit64", Arg(0, EQ, 0), Arg(2, EQ, 0))
    for option in (_PR_GET_NAME, _PR_SET_NAME, _PR_GET_DUMPABLE, _PR_GET_NO_NEW_PRIVS, _PR_GET_SECCOMP):
        rules.add_rule(ALLOW, "prctl", Arg(0, EQ, option))

    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return Filter(file.read())


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


class Filter:
    """A compiled program, lying ready to be loaded."""

    def __init__(self, program: bytes) -> None:
        # struct sock_filter is {u16 code; u8 jt, jf; u32 k}; k is what a comparison compares with.
        placeholder = struct.pack("=I", _OWN_PID)
        self._own_pid_at = [at for at in range(4, len(program), 8) if program[at:at + 4] == placeholder]
        self._instructions = ctypes.create_string_buffer(program, len(program))
        self.length = len(program) // 8
        self._argument = _Program(self.length, ctypes.addressof(self._instructions))
        self._libc = ctypes.CDLL(None, use_errno=True)

    def load(self) -> None:
        """Put this process, for good, under the filter, its own process id where one is compared. Needs no_new_privs.

        Raises:
            OSError: The kernel refused.
        """
        for at in self._own_pid_at:
            struct.pack_into("=I", self._instructions, at, os.getpid())
        if self._libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(self._argument), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "seccomp refused the filter")
