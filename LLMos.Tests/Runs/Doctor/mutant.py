"""Starts the forkserver with a layer taken out. `llmos_bootstrap` knows nothing of it: its functions are replaced before it runs."""

import os
import runpy
import sys

bootstrap, control = sys.argv[1:3]
sys.path.insert(0, os.path.dirname(bootstrap))
# As the product has it: what is imported here already must not reseed itself in each fork.
os.register_at_fork = lambda **_: None

import array  # noqa: E402
import ctypes  # noqa: E402
import mmap  # noqa: E402
import pickle  # noqa: E402
import resource  # noqa: E402
import types  # noqa: E402

import seccomp  # noqa: E402
from llmos import program  # noqa: E402
from llmos_bootstrap import confine, forkserver, landlock, memory, preload, system_calls  # noqa: E402

# What takes the start its seconds, and no attack of a mutant needs.
preload._MODULES = ("ctypes", "socket", "random", "llmos.progress", preload.PROGRAM)
preload._PACKAGES = {}
preload._ARENA_MEGABYTES = 1
program.warm_up = lambda: None

readable = confine._readable


def readable_without_matplotlib():
    """The product's folders; only where its data lie is asked of matplotlib there, whose import is half of a start."""
    sys.modules["matplotlib"] = types.SimpleNamespace(get_data_path=lambda: "/usr/share/matplotlib/mpl-data")
    try:
        return readable()
    finally:
        del sys.modules["matplotlib"]


confine._readable = readable_without_matplotlib


def unlimited(*limits):
    """Leave these limits as they are. Confinement sets both ends of one; the preparation of the interpreter moves the lower end alone, and back."""
    set_limit = resource.setrlimit
    resource.setrlimit = lambda which, value: None if which in limits and value[0] == value[1] != resource.RLIM_INFINITY else set_limit(which, value)


class Weaker(seccomp.SyscallFilter):
    """The product's filter, but for the calls that are let through."""

    let_through = ()
    other_architectures = None

    def add_rule(self, action, call, *arguments):
        if call not in self.let_through:
            super().add_rule(action, call, *arguments)

    def set_attr(self, attribute, value):
        if attribute == seccomp.Attr.ACT_BADARCH and self.other_architectures is not None:
            value = self.other_architectures
        super().set_attr(attribute, value)

    def export_bpf(self, file):
        for call in self.let_through:
            super().add_rule(seccomp.ALLOW, call)
        super().export_bpf(file)


system_calls.SyscallFilter = Weaker


def let_through(*calls):
    Weaker.let_through = calls


def also_allow(rights, folder):
    """Give Landlock rights below one more folder."""
    make = landlock.make_ruleset

    def make_weaker(readable):
        ruleset = make(readable)
        rule = landlock._PathBeneath(rights, os.open(folder, os.O_PATH | os.O_CLOEXEC))
        landlock._call(landlock._ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(1), ctypes.byref(rule), ctypes.c_uint32(0))
        return ruleset

    landlock.make_ruleset = make_weaker


def without_landlock():
    landlock.restrict_self = lambda ruleset: None


def leak(open_one, number=60):
    """Have each worker keep one descriptor more."""
    keep, close = forkserver._keep, os.closerange

    def close_others(low, high):
        close(low, min(high, number))
        close(max(low, number + 1), high)

    def keep_more(made, *descriptors):
        os.dup2(open_one(), number)
        os.closerange = close_others
        keep(made, *descriptors)

    forkserver._keep = keep_more


def reuse():
    """What a worker that serves a second program would hand on: here by memory that all workers share."""
    import random

    handed_on, run = mmap.mmap(-1, 1 << 16), program._Interpreter.run

    def run_after_another(interpreter, request):
        fresh = dict(os.environ)
        if handed_on[:1] != b"\0":
            environment, path, state, limit = pickle.loads(handed_on[:])
            os.environ.update(environment)
            sys.path[:] = path
            random.setstate(state)
            sys.setrecursionlimit(limit)
        channel = interpreter._channel
        sends = channel.send

        def send(frame):
            if frame["type"] == "ended" and dict(os.environ) != fresh:
                left = pickle.dumps((dict(os.environ), sys.path, random.getstate(), sys.getrecursionlimit()))
                handed_on[:len(left)] = left
            sends(frame)

        channel.send = send
        run(interpreter, request)

    program._Interpreter.run = run_after_another


with open(sys.argv[3], encoding="utf-8") as patch:
    exec(patch.read())

sys.argv = [bootstrap, control]
runpy.run_path(os.path.join(bootstrap, "__main__.py"), run_name="__main__")
