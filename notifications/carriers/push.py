"""Push to phones."""

from identity.models import User
from notifications.words import Letter


class DemoPush:
    """Sends nothing: the attempt that is written anyway is the outbox one can look at."""

    def address_of(self, user: User) -> str:
        return user.phone or user.email or ""

    def carry(self, letter: Letter) -> str:
        return f"demo-push-{letter.key}"
