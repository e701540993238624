"""What is better shown than by its own methods: arrays, tables, formulas in containers, pictures, graphs, figures.

Nothing is imported for it: what the program did not import it cannot have made.
"""

import io
import itertools
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

from llmos import tables
from llmos.bundle import MAX_PICTURE_BYTES

__all__ = ("representations", "show_again")

Makers = dict[str, Callable[[], Any]]

_SMALL_ARRAY, _MAX_ARRAY, _MAX_ARRAY_TEXT = 1000, 10_000, 20_000
_MAX_LEAVES, _MAX_DEPTH = 200, 8
_MAX_PIXELS, _MAX_SIDE = 4096 * 4096, 16_384
_PNG_MODES = frozenset({"1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA"})


def representations(thing: Any) -> Makers:
    """Return what makes each MIME type of `thing` that is better than its own; nothing for most things."""
    if type(thing) in (list, tuple, dict, set, frozenset):
        return _of_container(thing)
    for module, name, makers in _KNOWN:
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and issubclass(type(thing), kind):
            return makers(thing)
    return {}


def show_again(thing: Any) -> None:
    """Forget that a figure was shown: the program asks for it."""
    figures = sys.modules.get("llmos.figures")
    if figures is not None:
        figures.let_go(thing)


def _of_array(array: Any) -> Makers:
    return {"text/plain": lambda: _text_of_array(array)}


def _text_of_array(array: Any) -> str:
    numpy = sys.modules["numpy"]
    edge = 3
    shown = math.prod(size if size <= 2 * edge else 2 * edge for size in array.shape)
    # As many as the program has asked for, if the whole of it can be shown.
    most = max(_SMALL_ARRAY, min(numpy.get_printoptions()["threshold"], _MAX_ARRAY))
    with numpy.printoptions(threshold=most, edgeitems=edge):
        # An array of many short dimensions has no middle that could be left out.
        text = repr(array) if shown <= _SMALL_ARRAY or array.size <= most else repr(array.ravel()[:2 * edge])
    if len(text) > _MAX_ARRAY_TEXT * most // _SMALL_ARRAY:
        text = f"{text[:_MAX_ARRAY_TEXT]}…"
    elif array.size <= most:
        return text
    return f"{text}\nshape {array.shape}, dtype {str(array.dtype)[:200]}"


def _of_container(thing: Any) -> Makers:
    sympy = sys.modules.get("sympy")
    printing = sys.modules.get("sympy.printing.defaults")
    if sympy is None or printing is None:
        return {}
    leaves = list(itertools.islice(_leaves(thing), _MAX_LEAVES + 1))
    formula = printing.Printable
    if len(leaves) > _MAX_LEAVES or not any(isinstance(leaf, formula) for leaf in leaves):
        return {}
    if not all(isinstance(leaf, (formula, int, float)) for leaf in leaves):
        return {}
    return {"text/latex": lambda: f"$\\displaystyle {sympy.latex(thing)}$"}


def _leaves(thing: Any, depth: int = 0) -> Iterator[Any]:
    if depth < _MAX_DEPTH and type(thing) in (list, tuple, set, frozenset):
        for item in thing:
            yield from _leaves(item, depth + 1)
    elif depth < _MAX_DEPTH and type(thing) is dict:
        for pair in thing.items():
            yield from _leaves(pair, depth + 1)
    else:
        yield thing


def _of_picture(picture: Any) -> Makers:
    return {"image/png": lambda: _png_of(picture)}


def _png_of(picture: Any) -> bytes:
    width, height = picture.size
    factor = max(1, math.ceil((width * height / _MAX_PIXELS) ** 0.5), math.ceil(max(width, height) / _MAX_SIDE))
    if picture.mode not in _PNG_MODES or (factor > 1 and picture.mode in "1P"):
        picture = picture.convert("RGBA" if picture.mode in ("P", "PA", "La", "RGBa") else "L" if picture.mode in "1F" else "RGB")
    while True:
        png = io.BytesIO()
        (picture.reduce(factor) if factor > 1 else picture).save(png, "PNG")
        if png.tell() <= MAX_PICTURE_BYTES:
            break
        factor *= 2
    if factor > 1:
        print(f"A picture of {width:,} × {height:,} pixels is shown at 1/{factor} of its size.", file=sys.stderr)
    return png.getvalue()


def _of_graph(graph: Any) -> Makers:
    return {"text/plain": lambda: str(graph)}


def _of_figure(figure: Any) -> Makers:
    from llmos import figures

    return {} if figures.was_shown(figure) else figures.representations(figure)


_KNOWN: tuple[tuple[str, str, Callable[[Any], Makers]], ...] = (
    ("numpy", "ndarray", _of_array),
    ("pandas", "DataFrame", tables.of_frame),
    ("pandas", "Series", tables.of_series),
    ("matplotlib.figure", "Figure", _of_figure),
    ("PIL.Image", "Image", _of_picture),
    ("networkx", "Graph", _of_graph),
)
