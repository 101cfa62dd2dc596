"""SMS."""

from identity.models import User
from notifications.words import Letter


class DemoSms:
    """Sends nothing: the attempt that is written anyway is the outbox one can look at."""

    def address_of(self, user: User) -> str:
        return user.phone or ""

    def carry(self, letter: Letter) -> str:
        return f"demo-sms-{letter.key}"
