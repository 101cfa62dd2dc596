"""`lanh.py storm`: find the storms, let each blow, print what was done and what is broken."""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
import random
import subprocess
import sys

from tests import storm


def names() -> dict[str, str]:
    """Name on the command line → module."""
    found = (info.name for info in pkgutil.iter_modules(storm.__path__) if info.name not in {"run", "companies"})
    return {name.replace("_", "-"): f"tests.storm.{name}" for name in sorted(found)}


def main(arguments: list[str]) -> int:
    """Run the chosen storms; 1 when an invariant does not hold."""
    known = names()
    parser = argparse.ArgumentParser(prog="lanh.py storm")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of: {', '.join(known)}")
    parser.add_argument("--seed", type=int, default=None, help="the same seed makes the same wishes")
    parser.add_argument("--long", action="store_true", help="for a night: an hour a storm")
    parser.add_argument("--seconds", type=int, default=None, help="how long it blows")
    parser.add_argument("--attempts", type=int, default=None, help="or how many attempts are made, where those count")
    parser.add_argument("--places", type=int, default=None, help="or how many places come free, where those count")
    parser.add_argument(
        "--without", choices=["constraint", "lock"], default=None, help="take a guard away: it must be noticed"
    )
    parser.add_argument(
        "--company", choices=["sandbox", "stripe"], default=None, help="whose calls they are, where calls come"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(known):
        parser.error(f"no such storm: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    names_wanted = options.names or list(known)
    if len(names_wanted) > 1:  # each has a database of its own, and a process knows one
        return max([_by_itself(name, arguments, options.names) for name in names_wanted])
    return _let_blow(names_wanted[0], known[names_wanted[0]], options)


def _by_itself(name: str, arguments: list[str], all_names: list[str]) -> int:
    others = [one for one in arguments if one not in all_names]
    return subprocess.run([sys.executable, "-m", "runtime", "storm", name, *others], check=False).returncode


def _let_blow(name: str, module: str, options: argparse.Namespace) -> int:
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    seconds = options.seconds or (3600 if options.long else 25)
    print(f"storm {name}: seed {seed}, {seconds} s", flush=True)
    blow = importlib.import_module(module).blow
    more = {
        what: getattr(options, what)
        for what in ("attempts", "places", "without", "company")
        if getattr(options, what) is not None
    }
    if unknown := set(more) - set(inspect.signature(blow).parameters):
        print(f"  storm {name} knows no {', '.join(sorted(unknown))}")
        more = {what: value for what, value in more.items() if what not in unknown}
    outcome = blow(seed=seed, seconds=seconds, **more)
    print("  done:  " + ", ".join(f"{what} {count}" for what, count in sorted(outcome.done.items())))
    for promise, breaches in outcome.promises.items():
        print(
            f"  {'holds ' if not breaches else 'BROKEN'} {promise}" + "".join(f"\n           {b}" for b in breaches[:5])
        )
    broken = sum(bool(breaches) for breaches in outcome.promises.values())
    print(f"storm: {broken} promises broken (seed {seed})" if broken else "storm: all promises hold", flush=True)
    return 1 if broken else 0
