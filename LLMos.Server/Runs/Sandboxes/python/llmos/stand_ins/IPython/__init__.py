"""Stands for IPython where it is not installed: what programs import of it to show things, and nothing else."""

from IPython.display import display

__all__ = ("display", "get_ipython")


def get_ipython() -> None:
    """Say, as IPython does outside of a notebook, that there is none."""
