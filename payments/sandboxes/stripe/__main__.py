"""Serve until TERM or Ctrl-C; the first line says the address."""

from __future__ import annotations

import argparse
import sys
import threading

from payments.sandboxes.stripe.door import Server, serve


def _end_with_parent(server: Server) -> None:
    sys.stdin.read()
    server.shutdown()


def main() -> int:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="payments.sandboxes.stripe")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--file", default=":memory:", help="where its books are kept; default: in memory")
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input does")
    parser.add_argument("--key", action="append", default=[], help="a secret key it knows; may be repeated")
    parser.add_argument("--hook", action="append", default=[], help="where webhooks of the key of the same rank go")
    parser.add_argument("--hook-secret", action="append", default=[], help="what they are signed with")
    options = parser.parse_args()
    server = serve(options.port, options.file)
    for rank, key in enumerate(options.key):
        hook = options.hook[rank] if rank < len(options.hook) else ""
        secret = options.hook_secret[rank] if rank < len(options.hook_secret) else ""
        server.system.books.open_account(key, hook, secret)
    if options.with_parent:
        threading.Thread(target=_end_with_parent, args=[server], daemon=True).start()
    sys.stdout.write(f"{server.system.url}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
