"""What identity tells."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class DelegationRevoked(Event):
    """Somebody may no longer act for somebody; whatever they have open about them must close."""

    delegation_id: str
    grantor_id: str
    delegate_id: str

    @property
    def story(self) -> str:
        return f"delegation:{self.delegation_id}"
