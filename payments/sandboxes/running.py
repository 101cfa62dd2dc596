"""How a pretended gateway's process lives: it says its address in one line, and serves until TERM, Ctrl-C or its parent's end."""

from __future__ import annotations

import argparse
import sys
import threading
from http.server import ThreadingHTTPServer


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input does")


def run(server: ThreadingHTTPServer, *, with_parent: bool) -> int:
    """Serve until told to end; returns the process's exit code."""
    if with_parent:
        threading.Thread(target=_end_with_parent, args=[server], daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


def _end_with_parent(server: ThreadingHTTPServer) -> None:
    sys.stdin.read()
    server.shutdown()
