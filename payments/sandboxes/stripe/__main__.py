"""Serve until TERM or Ctrl-C; the first line says the address."""

from __future__ import annotations

import argparse

from payments.sandboxes import running
from payments.sandboxes.stripe.door import serve


def main() -> int:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="payments.sandboxes.stripe")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--file", default=":memory:", help="where its books are kept; default: in memory")
    running.add_option(parser)
    parser.add_argument("--key", action="append", default=[], help="a secret key it knows; may be repeated")
    parser.add_argument("--hook", action="append", default=[], help="where webhooks of the key of the same rank go")
    parser.add_argument("--hook-secret", action="append", default=[], help="what they are signed with")
    options = parser.parse_args()
    server = serve(options.port, options.file)
    for rank, key in enumerate(options.key):
        hook = options.hook[rank] if rank < len(options.hook) else ""
        secret = options.hook_secret[rank] if rank < len(options.hook_secret) else ""
        server.system.books.open_account(key, hook, secret)
    return running.run(server, with_parent=options.with_parent)


if __name__ == "__main__":
    raise SystemExit(main())
