"""matplotlib's backend here: `plt.show()` sends every open figure as a PNG, where the program is now."""

import base64
import io
from typing import Any

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from llmos.line import send

__all__ = ("FigureCanvas", "FigureManager", "show")

FigureCanvas = FigureCanvasAgg
FigureManager = FigureManagerBase

_MAX_PIXELS = 4096 * 4096


def show(*_: Any, **__: Any) -> None:
    """Send every open figure in the order of its number, and close it."""
    for manager in Gcf.get_all_fig_managers():
        figure = manager.canvas.figure
        Gcf.destroy(manager)
        send({"type": "display", "data": {"image/png": _png_of(figure), "text/plain": _describe(figure)}})


def _png_of(figure: Any) -> str:
    width, height = figure.get_size_inches()
    dpi = min(figure.dpi, (_MAX_PIXELS / max(width * height, 1e-9)) ** 0.5)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return base64.b64encode(buffer.getbuffer()).decode("ascii")


def _describe(figure: Any) -> str:
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    return f"Figure with {len(figure.axes)} axes" + (": " + "; ".join(titles) if titles else "")
