"""Stands for IPython, installed or not: what programs import of it to show things, and nothing else."""

from IPython.display import display

__all__ = ("__version__", "display", "get_ipython", "version_info")

version_info = (8, 0, 0)
__version__ = "8.0.0"


def get_ipython() -> None:
    """Say, as IPython does outside of a notebook, that there is none."""
