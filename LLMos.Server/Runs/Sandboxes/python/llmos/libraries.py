"""Libraries that ask the machine for what a run does not have: told, before the fork, what there is instead."""

import os
from typing import Any

__all__ = ("install",)


def install() -> None:
    _have_one_job()
    _show_pictures()
    _keep_databases_in_files_of_ours()


def _have_one_job() -> None:
    """A run is one process and one thread, whatever the machine has. Before joblib is imported, its variable says the same."""
    os.cpu_count = lambda: 1


def _show_pictures() -> None:
    """`image.show()` of PIL shows the picture where the program is, in place of a viewer on the machine's screen."""
    from PIL import ImageShow

    from llmos.display import display

    class Shown(ImageShow.Viewer):
        def show(self, image: Any, **_: Any) -> bool:
            display(image)
            return True

    ImageShow._viewers[:] = [Shown()]


def _keep_databases_in_files_of_ours() -> None:
    """`shelve` and `dbm`: the one kind that opens its files in Python."""
    import dbm.dumb

    dbm._defaultmod = dbm._modules["dbm.dumb"] = dbm.dumb  # type: ignore[attr-defined]
    mask = 0o022

    def umask(new: int, /) -> int:
        nonlocal mask
        mask, before = new & 0o777, mask
        return before

    os.umask = umask
