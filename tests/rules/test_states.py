"""The state tables in ARCHITECTURE.md are drawn from MOVES: `LANH_DRAW=1 python3 lanh.py test tests/rules/test_states.py` redraws."""

from __future__ import annotations

import os
from pathlib import Path

from django.apps import apps

from core.states import Stateful

PAGE = Path(__file__).resolve().parents[2] / "ARCHITECTURE.md"
BEGIN, END = "<!-- states: drawn from MOVES -->\n", "<!-- /states -->"


def drawing() -> str:
    """Each stateful model's moves, one line a state."""
    lines: list[str] = []
    models = [model for model in apps.get_models() if issubclass(model, Stateful)]
    for model in sorted(models, key=lambda one: one._meta.label):
        lines.append(f"{model._meta.label}")
        for state, onward in model.MOVES.items():
            goes = " · ".join(sorted(str(getattr(one, "value", one)) for one in onward)) or "(end)"
            lines.append(f"  {getattr(state, 'value', state)!s:<16} → {goes}")
        lines.append("")
    return "```\n" + "\n".join(lines).rstrip() + "\n```\n"


def test_the_drawing_is_true() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    drawn, _, after = rest.partition(END)
    if os.environ.get("LANH_DRAW"):
        PAGE.write_text(before + BEGIN + drawing() + END + after, encoding="utf-8")
        return
    assert drawn == drawing(), "run it with LANH_DRAW=1 to redraw"
