"""Runs cleaning.py in a process of its own: a hole in a reader of pictures or PDF opens neither the database nor the keys.

The child gets an empty environment, no open files but its pipes, bounds on memory and time, and a clock of ours above that.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from realtime.errors import FileBroken, FileIsHeic, FileKind, FileLocked, FilesBusy, FileTooLarge
from realtime.files.cleaning import Clean

log = logging.getLogger("lanh.files")
PROGRAM = Path(__file__).with_name("cleaning.py")
SECONDS = 45  # of the wall; the child's own bound is in seconds of CPU
AT_ONCE = threading.BoundedSemaphore(2)  # other people's requests want the machine too
WAIT_SECONDS = 30
REFUSALS = {"kind": FileKind, "heic": FileIsHeic, "broken": FileBroken, "large": FileTooLarge, "locked": FileLocked}


def cleaned(content: bytes) -> Clean:
    """Return the file written anew. Raises FileKind, FileIsHeic, FileBroken, FileLocked, FileTooLarge, FilesBusy."""
    if not AT_ONCE.acquire(timeout=WAIT_SECONDS):
        raise FilesBusy()
    try:
        # -I: neither the folder we stand in nor the environment says what is imported.
        done = subprocess.run(
            [sys.executable, "-I", "-B", str(PROGRAM)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # may quote the file
            timeout=SECONDS,
            env={"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FileTooLarge() from None
    finally:
        AT_ONCE.release()
    head, _, rest = done.stdout.partition(b"\n")
    if done.returncode or not head:
        log.warning("A file ended its reader with %s", done.returncode)
        raise FileBroken()
    facts = json.loads(head)
    if "refused" in facts:
        raise REFUSALS[facts["refused"]]()
    end = facts["content"]
    return Clean(
        facts["kind"], rest[:end], rest[end : end + facts["small"]], facts["width"], facts["height"], facts["pages"]
    )
