"""`lanh.py bench`: find the benches, run them, print a table or one JSON object a line."""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from types import ModuleType

from tests import bench


@dataclass(frozen=True)
class Row:
    """One measured thing. `ratio` is to the yardstick of the same run and comes first: machines differ, ratios less so."""

    ratio: float
    to: str
    bench: str
    case: str
    value: float
    unit: str
    spread: float  # (largest - smallest) / median over the rounds


def row(name: str, case: str, rounds: list[float], unit: str, *, to: str, yardstick: list[float]) -> Row:
    """Make a row of the rounds' median."""
    middle = median(rounds)
    return Row(
        ratio=round(middle / median(yardstick), 4),
        to=to,
        bench=name,
        case=case,
        value=round(middle, 2),
        unit=unit,
        spread=round((max(rounds) - min(rounds)) / middle, 3),
    )


def names() -> dict[str, str]:
    """Name on the command line → module."""
    found = (
        info.name
        for info in pkgutil.iter_modules(bench.__path__)
        if info.name not in {"run", "client", "pgbench", "nation", "udp", "transcoding", "visits", "janus", "rtpengine"}
    )
    return {name.replace("_", "-"): f"tests.bench.{name}" for name in sorted(found)}


def main(arguments: list[str]) -> int:
    """Run the chosen benches. A wrong row in the database is a failure, however quick it was written."""
    known = names()
    parser = argparse.ArgumentParser(prog="lanh.py bench")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of: {', '.join(known)}")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=160, help="requests a round")
    parser.add_argument("--doctors", type=int, nargs="+", default=[5000], help="how many, for the search")
    parser.add_argument("--pairs", type=Path, help="a national list of contraindicated pairs, for the safety check")
    parser.add_argument(
        "--peers", action="store_true", help="fetch Janus and rtpengine, for the relay (as root on Debian)"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(known):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    for name in options.names or known:
        module: ModuleType = importlib.import_module(known[name])
        asked = inspect.signature(module.measure).parameters
        more = {
            name: value for name in ("doctors", "pairs", "peers") if name in asked and (value := getattr(options, name))
        }
        show(module.measure(rounds=options.rounds, size=options.size, **more), as_json=options.json)
    return 0


def show(rows: Iterator[Row], *, as_json: bool) -> None:
    """Print rows as they come."""
    if not as_json:
        print(f"{'ratio':>8}  {'to':<14} {'bench':<14} {'case':<24} {'value':>10} unit   spread")
    for each in rows:
        if as_json:
            print(json.dumps(asdict(each)), flush=True)
        else:
            print(
                f"{each.ratio:>8.3f}  {each.to:<14} {each.bench:<14} {each.case:<24} {each.value:>10.1f} {each.unit:<6} {each.spread:.0%}",
                flush=True,
            )
