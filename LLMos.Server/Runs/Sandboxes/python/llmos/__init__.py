"""What a program may ask of LLMos beyond Python itself.

    import llmos
    for chunk in llmos.progress(chunks, label="adding"): ...
    llmos.progress(3, 10, "adding")
    llmos.display(figure_or_table)
"""

from llmos.display import display
from llmos.progress import progress

__all__ = ("display", "progress")
