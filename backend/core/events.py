"""Events: facts in the past tense, told inside the transaction that made them true.

`emit` writes one job per reaction into the open transaction: a rollback takes the jobs along, a commit keeps them, and no
relay stands between. Reactions live in the modules of settings.JOURNEYS and nowhere else.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection


@dataclass(frozen=True)
class Event:
    """A fact: ids and plain values only. `story` names what it belongs to; reactions of one story run one at a time."""

    @property
    def story(self) -> str:
        raise NotImplementedError

    @classmethod
    def path(cls) -> str:
        """The dotted path the job carries."""
        return f"{cls.__module__}.{cls.__qualname__}"


Reaction = Callable[[Any], None]
F = TypeVar("F", bound=Callable[..., None])
_reactions: dict[str, list[str]] = {}


def on(event: type[Event]) -> Callable[[F], F]:
    """Subscribe a journey's function to an event. Used in settings.JOURNEYS modules only."""

    def subscribe(function: F) -> F:
        if function.__module__ not in settings.JOURNEYS:
            raise RuntimeError(f"{function.__module__} is not in settings.JOURNEYS")
        path = f"{function.__module__}.{function.__qualname__}"
        known = _reactions.setdefault(event.path(), [])
        if path not in known:
            known.append(path)
        return function

    return subscribe


@cache
def _load_journeys() -> None:
    for module in settings.JOURNEYS:
        importlib.import_module(module)


def reactions_to(event_path: str) -> list[str]:
    """Return the dotted paths of the functions that react to this event."""
    _load_journeys()
    return _reactions.get(event_path, [])


def emit(event: Event) -> None:
    """Tell a fact: write one job per reaction into the open transaction. Raises RuntimeError outside a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("events are told inside the transaction that made them true")
    from core.tasks import react

    for reaction in reactions_to(event.path()):
        react.configure(lock=event.story).defer(reaction=reaction, event=event.path(), values=asdict(event))


def _resolve(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def run_reaction(reaction: str, event: str, values: dict[str, Any]) -> None:
    """Call one reaction with its event, as the job does."""
    if reaction not in reactions_to(event):
        raise LookupError(f"{reaction} does not react to {event}")
    _resolve(reaction)(_resolve(event)(**values))
