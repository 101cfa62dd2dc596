"""Who acts: a user in one role at one facility, with a reason. Every action takes one as `by`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

ROLES = (
    *("citizen", "practitioner", "nurse", "pharmacist", "desk", "regulator", "operator"),
    *("hospital", "guest", "system", "anonymous"),
)
STAFF = frozenset({"practitioner", "nurse", "pharmacist", "desk", "regulator", "operator"})
SIGNED_IN = frozenset({"citizen"}) | STAFF
ANYONE = frozenset({"anyone"})  # also without signing in


@dataclass(frozen=True)
class Actor:
    """One person in one role. `person_id` is the user's own Person; staff may have one too, but act by their role."""

    role: str
    user_id: UUID | None = None
    person_id: UUID | None = None
    practitioner_id: UUID | None = None
    facility_id: UUID | None = None
    name: str = ""
    reason: str = ""
    scopes: frozenset[str] = frozenset()  # what a hospital's own system was allowed; people have none

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"unknown role {self.role!r}")

    @classmethod
    def system(cls, story: str) -> Actor:
        """The house itself, acting in the named story; the audit trail shows the name."""
        return cls("system", name=story)

    @classmethod
    def hospital(cls, client_id: UUID, facility_id: UUID, name: str, scopes: frozenset[str]) -> Actor:
        """A hospital's own system, signed in by itself: its facility's things only, under the system's name."""
        return cls("hospital", user_id=client_id, facility_id=facility_id, name=name, scopes=scopes)

    @classmethod
    def guest(cls, invite_id: UUID, name: str) -> Actor:
        """Somebody without an account whom a doctor invited into one call: nothing else anywhere is theirs."""
        return cls("guest", user_id=invite_id, name=name)

    @classmethod
    def anonymous(cls) -> Actor:
        """Somebody who has not signed in."""
        return cls("anonymous")

    @property
    def is_system(self) -> bool:
        return self.role == "system"

    @property
    def is_anonymous(self) -> bool:
        return self.role == "anonymous"

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    def as_json(self) -> dict[str, Any]:
        """Plain values, to be kept beside a socket ticket."""
        ids = ("user_id", "person_id", "practitioner_id", "facility_id")
        return {
            "role": self.role,
            "name": self.name,
            **{key: str(getattr(self, key)) if getattr(self, key) else None for key in ids},
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Actor:
        """The inverse of as_json()."""
        ids: dict[str, Any] = {
            key: UUID(value) if value else None for key, value in values.items() if key.endswith("_id")
        }
        return cls(values["role"], name=values.get("name", ""), **ids)
