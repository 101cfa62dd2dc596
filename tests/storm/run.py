"""`lanh.py storm`: find the storms, let each blow, print what was done and what is broken."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import random

from tests import storm


def names() -> dict[str, str]:
    """Name on the command line → module."""
    found = (info.name for info in pkgutil.iter_modules(storm.__path__) if info.name != "run")
    return {name.replace("_", "-"): f"tests.storm.{name}" for name in sorted(found)}


def main(arguments: list[str]) -> int:
    """Run the chosen storms; 1 when an invariant does not hold."""
    known = names()
    parser = argparse.ArgumentParser(prog="lanh.py storm")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of: {', '.join(known)}")
    parser.add_argument("--seed", type=int, default=None, help="the same seed makes the same wishes")
    parser.add_argument("--long", action="store_true", help="for a night: an hour a storm")
    parser.add_argument("--seconds", type=int, default=None, help="how long it blows")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(known):
        parser.error(f"no such storm: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    seconds = options.seconds or (3600 if options.long else 25)
    broken = 0
    for name in options.names or known:
        print(f"storm {name}: seed {seed}, {seconds} s", flush=True)
        outcome = importlib.import_module(known[name]).blow(seed=seed, seconds=seconds)
        print("  done:  " + ", ".join(f"{what} {count}" for what, count in sorted(outcome.done.items())))
        for promise, breaches in outcome.promises.items():
            print(
                f"  {'holds ' if not breaches else 'BROKEN'} {promise}"
                + "".join(f"\n           {b}" for b in breaches[:5])
            )
            broken += bool(breaches)
    print(f"storm: {broken} promises broken (seed {seed})" if broken else "storm: all promises hold", flush=True)
    return 1 if broken else 0
