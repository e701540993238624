"""Entry point: `python3 -I …/llmos_bootstrap <socket path>`; reads top to bottom as what the forkserver does."""

import os
import socket
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from llmos_bootstrap import forkserver, preload, priority  # noqa: E402  (the path must be set first)


def main() -> None:
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.connect(sys.argv[1])
    priority.separate()
    loaded = preload.load()
    forkserver.serve(control, loaded)


main()
