"""Loaded by schemathesis itself (SCHEMATHESIS_HOOKS): stays signed in as an app does, aims at things that exist, counts.

Everything it needs to know is in one JSON file, named by LANH_CONTRACT_AIM: {url, refresh_token, acting_as, ids, tally}.
"""

from __future__ import annotations

import json
import os
import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import requests
import schemathesis

RENEW_AFTER = 200  # seconds; an access token lives 300
HIT = 0.7  # of the ids that are ids at all; the rest stays a shot in the dark

aim: dict[str, Any] = json.loads(Path(os.environ["LANH_CONTRACT_AIM"]).read_text())
dice = random.Random(20261123)
answers: dict[str, Counter[str]] = {"all": Counter(), "well-formed": Counter()}
lock = threading.Lock()


@schemathesis.auth(refresh_interval=RENEW_AFTER)
class Session:
    """A refresh token is good once; the next one comes with the access token."""

    def get(self, case: Any, context: Any) -> str:
        answer = requests.post(
            f"{aim['url']}/_allauth/app/v1/tokens/refresh", json={"refresh_token": aim["refresh_token"]}, timeout=30
        )
        answer.raise_for_status()
        data = answer.json()["data"]
        aim["refresh_token"] = data.get("refresh_token", aim["refresh_token"])
        return str(data["access_token"])

    def set(self, case: Any, data: str, context: Any) -> None:
        # The run may well change the role of its session; the header stands above it.
        own = {"Authorization": f"Bearer {data}", "Lanh-Acting-As": aim["acting_as"]}
        case.headers = {**(case.headers or {}), **own}


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _aimed(values: Any) -> None:
    """Put ids of things that exist in place of made-up ones; what is no id stays as it is."""
    if not isinstance(values, dict):
        return
    for name, value in list(values.items()):
        known = aim["ids"].get(name.removesuffix("_id"))
        if known and _is_id(value) and dice.random() < HIT:
            values[name] = dice.choice(known)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    with lock:
        for values in (case.path_parameters, case.query, case.body):
            _aimed(values)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Keep the tally whole however the run ends."""
    with lock:
        answers["all"][str(response.status_code)] += 1
        if case.meta and case.meta.generation.mode == schemathesis.GenerationMode.POSITIVE:
            answers["well-formed"][str(response.status_code)] += 1
        Path(aim["tally"]).write_text(json.dumps(answers))
