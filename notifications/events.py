"""What notifications tell."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class MessageWritten(Event):
    """A message lies in somebody's inbox."""

    message_id: str
    user_id: str

    @property
    def story(self) -> str:
        return f"message:{self.message_id}"
