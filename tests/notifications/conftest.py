"""Journeys do not react here; `told` holds the events by name."""

import pytest


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def no_reactions(path: str) -> list[str]:
        names.append(path.rpartition(".")[2])
        return []

    monkeypatch.setattr("core.events.reactions_to", no_reactions)
    return names
