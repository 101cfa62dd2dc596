"""States: a table of moves beside the state's names, and one function that follows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from core.errors import WrongState


class Stateful:
    """Mixin for a model with a `status` field and a `MOVES` table {state: states it may move to}."""

    MOVES: ClassVar[dict[Any, set[Any]]]
    status: Any

    def can_move_to(self, status: str) -> bool:
        """Say whether the table has this move."""
        return status in self.MOVES.get(self.status, set())

    def move_to(self, status: str, *, at: datetime) -> None:
        """Set the status and stamp `<status>_at` where such a field exists; the caller saves.

        Raises WrongState when the table does not have this move.
        """
        if not self.can_move_to(status):
            raise WrongState()
        self.status = status
        if hasattr(self, f"{status}_at"):
            setattr(self, f"{status}_at", at)
