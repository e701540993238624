"""Tries, as any program could, what each layer alone must stop; prints what happened. Run by the server at its start."""

import _ctypes
import ctypes
import errno
import json
import os
import resource
import socket

libc = ctypes.CDLL(None, use_errno=True)


def rlimits():
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    asked = 65536 * 2**20 if limit == resource.RLIM_INFINITY else limit
    try:
        bytearray(asked)
    except MemoryError:
        return True, f"{asked >> 20} MiB were refused"
    return False, f"{asked >> 20} MiB were given"


def privileges():
    no_new_privileges = libc.prctl(39, 0, 0, 0, 0) == 1
    return no_new_privileges and os.getuid() != 0, f"user {os.getuid()}, no_new_privs {no_new_privileges}"


def landlock():
    # The system call filter lets files be opened; only Landlock tells them apart. The file exists everywhere and is readable by all.
    try:
        os.close(os.open("/etc/passwd", os.O_RDONLY))
    except OSError as error:
        return error.errno == errno.EACCES, f"/etc/passwd: {errno.errorcode[error.errno]}"
    return False, "/etc/passwd could be opened"


def seccomp():
    try:
        socket.socket(socket.AF_INET).close()
    except OSError as error:
        if code_can_be_written():
            return False, "a page can be written to and run"
        return error.errno == errno.EPERM, f"socket(): {errno.errorcode[error.errno]}"
    return False, "a socket could be made"


def code_can_be_written():
    class Callback(_ctypes.CFuncPtr):
        _flags_, _restype_, _argtypes_ = _ctypes.FUNCFLAG_CDECL, None, ()

    try:
        Callback(lambda: None)  # for which there would have to be such a page
    except MemoryError:
        return False
    return True


seen = {}
for attempt in (rlimits, privileges, landlock, seccomp):
    held, what = attempt()
    seen[attempt.__name__] = {"held": held, "seen": what}
print(json.dumps(seen))
