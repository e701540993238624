"""What a worker must not be: root, the same user as another run under root, able to win rights by a program that has them."""


@attack
def being_root(decoys):
    """A worker is never root, whoever the server is."""
    if 0 in (*os.getresuid(), *os.getresgid()):
        return f"root: users {os.getresuid()}, groups {os.getresgid()}"
    raise Held(f"user {os.getuid()}, group {os.getgid()}")


@attack
def groups_of_root(decoys):
    """Groups are inherited: disk, docker, shadow."""
    if not decoys.root:
        raise Held("the server's groups are an ordinary user's")
    if os.getgroups():
        return f"the groups {os.getgroups()}"
    raise Held("no group but its own")


@attack
def same_user_as_another_run(decoys):
    """Where the server may change users, no two runs have the same: they could signal each other and read /proc."""
    mine, other = os.getuid(), os.stat(f"/proc/{decoys.another_run}").st_uid
    if mine == other and decoys.root:
        return f"the user of another run, {mine}"
    raise Held(f"user {mine}, another run has {other}" + ("" if mine != other else ": the server's own user, so Landlock and seccomp stand between"))


@attack
def same_user_as_the_server(decoys):
    """Where the server may change users, no run has its own."""
    mine, other = os.getuid(), os.stat(f"/proc/{decoys.server}").st_uid
    if mine == other and decoys.root:
        return f"the server's user, {mine}"
    raise Held(f"user {mine}, the server has {other}" + ("" if mine != other else ": it may not change to another, so Landlock and seccomp stand between"))


@attack
def rights_from_programs(decoys):
    """Without no_new_privs a set-user-id program makes root of anybody."""
    if LIBC.prctl(39, 0, 0, 0, 0) != 1:
        return "a process that may win privileges"
    raise Held("no_new_privs is set")


@attack
def session_of_the_server(decoys):
    """In the server's session a program could signal it as its terminal's group, and in another's group that one's program."""
    if os.getsid(0) == os.getsid(decoys.server) or os.getpgrp() != os.getpid():
        return f"the session {os.getsid(0)} and the group {os.getpgrp()}, its own number is {os.getpid()}"
    raise Held("a group of its own, in another session than the server's")


@family([("user", "setresuid"), ("group", "setresgid")], also=("seccomp",))
def become_root(decoys, name, call):
    """setresuid(0, 0, 0)."""
    system_call(call, 0, 0, 0)
    return f"{name} 0"


@family([("setgroups", 1, 0), ("sethostname", 0, 0), ("vhangup",), ("acct", 0), ("settimeofday", 0, 0), ("fanotify_init", 0, 0), ("quotactl", 0, 0, 0, 0)],
        also=("seccomp",))
def capability(decoys, name, *arguments):
    """Calls that need a capability."""
    return f"{name}: {system_call(name, *arguments)}"


@family([("sudo", "/usr/bin/sudo"), ("su", "/usr/bin/su"), ("mount", "/usr/bin/mount"), ("shell", "/bin/sh"), ("python", sys.executable), ("loader", "/lib64/ld-linux-x86-64.so.2")],
        also=("seccomp", "landlock"))
def execute(decoys, name, path):
    """execv: a shell, a set-user-id program, the interpreter anew without what was patched in it."""
    os.execv(path, [decoys.mark, "--version"])


@family([("subprocess",), ("os_system",), ("popen",), ("posix_spawn",), ("pty",), ("multiprocessing",), ("process_pool",), ("asyncio",)], also=("seccomp", "rlimits"))
def start_by(decoys, name):
    """Other programs by each of Python's ways."""
    command = ["/bin/sh", "-c", f"sleep 20 # {decoys.mark}"]
    if name == "subprocess":
        import subprocess

        subprocess.Popen(command)
    elif name == "os_system":
        if sys.modules["posix"].system(f"sleep 20 & # {decoys.mark}") != 0:  # os.system refuses by itself, to say why
            raise Held("system() failed")
    elif name == "popen":
        if not LIBC.popen(f"sleep 20 # {decoys.mark}".encode(), b"r"):
            check(-1)
    elif name == "posix_spawn":
        os.posix_spawn("/bin/sh", command, {})
    elif name == "pty":
        import pty

        try:
            pty.fork()
        except OSError as refusal:
            raise PermissionError(errno.EPERM, str(refusal)) from None
    elif name == "multiprocessing":
        import multiprocessing

        multiprocessing.get_context("fork").Process(target=linger).start()
    elif name == "process_pool":
        from concurrent.futures import ProcessPoolExecutor

        ProcessPoolExecutor().submit(linger).result()
    else:
        import asyncio

        asyncio.run(asyncio.create_subprocess_exec(*command))
    return "a program"
