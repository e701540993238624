"""matplotlib's backend here: `plt.show()` sends every open figure where the program is now.

As a PNG, or as SVG after `plt.rcParams["savefig.format"] = "svg"`.
"""

import functools
import io
import sys
import weakref
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib import rcParams
from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from llmos import line
from llmos.bundle import MAX_PICTURE_BYTES, Bundle

__all__ = ("FigureCanvas", "FigureManager", "install", "let_go", "representations", "show", "was_shown")


class FigureManager(FigureManagerBase):
    def show(self) -> None:
        """`figure.show()`: send this one."""
        _send(self)


class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager


_MAX_PIXELS, _MAX_SIDE = 4096 * 4096, 16_384
_MAX_SVG_BYTES = 4 * 1024 * 1024
_TRIES = 5

# Figures that pyplot has sent, with the number of the program that it was in.
_shown: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_last: Callable[[], Any] = lambda: None


def show(*_: Any, **__: Any) -> None:
    """Send every open figure in the order of its number, and close it."""
    for manager in Gcf.get_all_fig_managers():
        _send(manager)


def _send(manager: FigureManagerBase) -> None:
    global _last
    figure = manager.canvas.figure
    Gcf.destroy(manager)
    bundle = Bundle()
    for kind, make in representations(figure).items():
        bundle.add(kind, make())
    line.send({"type": "display", "data": bundle.finish()})
    figure.stale = False  # Drawing it changed its resolution for a while, which counts as a change.
    _shown[figure] = line.program_number()
    _last = weakref.ref(figure)


def install() -> None:
    """Have every way to choose a backend lead here, and `plt.savefig` after `plt.show` save what was shown."""
    import matplotlib.pyplot as plt

    plt.switch_backend(f"module://{__name__}")
    plt.savefig = _saving(plt.savefig)
    matplotlib.use = _choosing(matplotlib.use)
    plt.switch_backend = _choosing(plt.switch_backend)


def _choosing(real: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(real)
    def choose(backend: str | None = None, newbackend: str | None = None, **_: Any) -> None:
        # Its name is kept, so that a program that asks hears what it said.
        rcParams["backend"] = backend or newbackend

    return choose


def _saving(real: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(real)
    def savefig(*arguments: Any, **keywords: Any) -> None:
        figure = _last()
        if figure is None or Gcf.get_num_fig_managers() or _shown.get(figure) != line.program_number():
            real(*arguments, **keywords)
        else:
            figure.savefig(*arguments, **keywords)

    return savefig


def was_shown(figure: Any) -> bool:
    """Say whether this program has shown `figure` as it is now: as its result it would be there twice."""
    return _shown.get(figure) == line.program_number() and not figure.stale


def let_go(thing: Any) -> None:
    """Have a figure that the program shows by itself not be shown by pyplot too."""
    if issubclass(type(thing), Figure):
        _shown.pop(thing, None)
        Gcf.destroy_fig(thing)


def representations(figure: Any) -> dict[str, Callable[[], Any]]:
    """Return what makes the picture of `figure`, in the format asked for if it is not too large, and its description."""
    described = {"text/plain": lambda: _describe(figure)}
    if rcParams["savefig.format"] == "svg":
        svg = _drawn(figure, "svg", figure.dpi)
        if len(svg) <= _MAX_SVG_BYTES:
            return {"image/svg+xml": lambda: svg.decode(), **described}
        _tell(f"A figure of {len(svg):,} bytes as SVG is sent as PNG: {_MAX_SVG_BYTES:,} is the most.")
    return {"image/png": lambda: _png_of(figure), **described}


def _png_of(figure: Any) -> bytes | None:
    width, height = (max(size, 1e-9) for size in figure.get_size_inches())
    dpi = min(figure.dpi, (_MAX_PIXELS / (width * height)) ** 0.5, _MAX_SIDE / max(width, height))
    if dpi * min(width, height) < 1:
        raise ValueError(f"A figure of {width:g} × {height:g} inches is too large to be drawn.")
    for _ in range(_TRIES):
        png = _drawn(figure, "png", dpi)
        if len(png) <= MAX_PICTURE_BYTES:
            if dpi < figure.dpi:
                _tell(f"A figure was drawn at {dpi:.3g} instead of {figure.dpi:.3g} dots per inch: "
                      f"{_MAX_PIXELS:,} pixels, {_MAX_SIDE:,} on a side and {MAX_PICTURE_BYTES:,} bytes are the most.")
            return png
        dpi *= 0.9 * (MAX_PICTURE_BYTES / len(png)) ** 0.5
    return None


def _drawn(figure: Any, form: str, dpi: float) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=dpi)
    return buffer.getvalue()


def _describe(figure: Any) -> str:
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    return f"Figure with {len(figure.axes)} axes" + (": " + "; ".join(titles) if titles else "")


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)
