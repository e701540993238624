"""What a program may ask of LLMos beyond Python itself.

    import llmos
    for chunk in llmos.progress(chunks, label="adding"): ...
    llmos.progress(3, 10, "adding")
    llmos.display(figure_or_table)
    with llmos.devices.open("virtual-1") as board: print(board.command("get_info"))
"""

from llmos import devices
from llmos.display import display
from llmos.progress import progress

__all__ = ("devices", "display", "progress")
