"""Imports once what programs use, so that a fork has it for nothing."""

import gc
import importlib
import importlib.metadata
import platform
import time
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
    arenas = memory.hold_arenas(_ARENA_MEGABYTES)
    for name in _MODULES:
        importlib.import_module(name)
    importlib.import_module(PROGRAM).warm_up()
    versions = {name: importlib.import_module(module).__version__ for name, module in _PACKAGES.items()}
    del arenas
    return Loaded(platform.python_version(), versions, int((time.monotonic() - started) * 1000))
