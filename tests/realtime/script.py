"""Runs a pure module of the pages in Node: what it exports, called with plain values."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import realtime

STATIC = Path(realtime.__file__).parent / "static" / "realtime"
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="needs Node")


def run(module: str, body: str, *values: Any) -> Any:
    """Give what `body`, a function's body that sees the module as `m` and the values as `values`, returns."""
    program = (
        f"import * as m from {json.dumps((STATIC / module).as_uri())};"
        f"const values = {json.dumps(values)};"
        f"const answer = await (async () => {{ {body} }})();"
        "process.stdout.write(JSON.stringify(answer ?? null));"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
