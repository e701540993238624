"""Entry point: `python3 -I …/llmos_bootstrap <socket path>`; reads top to bottom as what the forkserver does."""

import os
import socket
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from llmos_bootstrap import forkserver, preload  # noqa: E402  (the path must be set first)

# Programs give way to the server, so that it answers while they take all the processor there is.
_NICENESS = 5


def main() -> None:
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.connect(sys.argv[1])
    os.nice(_NICENESS)
    loaded = preload.load()
    forkserver.serve(control, loaded)


main()
