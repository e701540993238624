"""Imports once what programs use, so that a fork has it for nothing."""

import gc
import importlib
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from llmos_bootstrap import memory

__all__ = ("PROGRAM", "Loaded", "load")

# The module that runs programs in a sealed worker. Named, not imported: nothing here depends on the untrusted half.
PROGRAM = "llmos.program"

# About what the imports below take; more would be given back, less is taken piece by piece.
_ARENA_MEGABYTES = 80

_PACKAGES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "matplotlib": "matplotlib",
    "scikit-learn": "sklearn",
    "networkx": "networkx",
    "sympy": "sympy",
}

_MODULES = (
    "asyncio", "collections", "csv", "ctypes", "dataclasses", "datetime", "decimal", "fractions", "functools", "glob",
    "hashlib", "itertools", "json", "math", "pathlib", "pickle", "random", "re", "secrets", "shutil", "socket",
    "sqlite3", "statistics", "string", "tempfile", "textwrap", "threading", "typing", "unittest", "urllib.request", "uuid", "zipfile",
    "numpy", "numpy.fft", "numpy.linalg", "numpy.random",
    "scipy.fft", "scipy.integrate", "scipy.interpolate", "scipy.linalg", "scipy.optimize", "scipy.signal", "scipy.sparse", "scipy.stats",
    "pandas", "matplotlib.pyplot", "matplotlib.backends.backend_agg", "mpl_toolkits.mplot3d",
    "sklearn.cluster", "sklearn.datasets", "sklearn.decomposition", "sklearn.ensemble", "sklearn.linear_model", "sklearn.metrics",
    "sklearn.model_selection", "sklearn.neighbors", "sklearn.pipeline", "sklearn.preprocessing", "sklearn.svm", "sklearn.tree",
    "networkx", "sympy", "PIL.Image",
    PROGRAM,
)


@dataclass
class Loaded:
    python: str
    packages: dict[str, str] = field(default_factory=dict)
    milliseconds: int = 0


def load() -> Loaded:
    """Import everything and warm what is built on first use; the collector is off from here on.

    Raises:
        ImportError: A package of the contract is not installed.
    """
    started = time.monotonic()
    gc.disable()
    os.environ["JOBLIB_MULTIPROCESSING"] = "0"  # scikit-learn's n_jobs means one: a run is one process
    arenas = memory.hold_arenas(_ARENA_MEGABYTES)
    with _without_fork_hooks():
        for name in _MODULES:
            importlib.import_module(name)
        importlib.import_module(PROGRAM).warm_up()
    versions = {name: importlib.import_module(module).__version__ for name, module in _PACKAGES.items()}
    del arenas
    return Loaded(platform.python_version(), versions, int((time.monotonic() - started) * 1000))


@contextmanager
def _without_fork_hooks() -> Iterator[None]:
    """Have no module run something in each fork; what they wanted done in a child is done once, at the end, in the parent of all.

    They put locks and thread lists in order that a process of one thread, forked while it holds no lock, leaves in order, and
    drop what holds descriptors. In each fork that cost 270 pages, a third of its time. What they reseed the forkserver reseeds.
    """
    in_child: list[Callable[[], object]] = []
    register = os.register_at_fork
    os.register_at_fork = lambda *, after_in_child=None, **others: in_child.append(after_in_child)
    try:
        yield
    finally:
        os.register_at_fork = register
    for hook in filter(None, in_child):
        hook()
