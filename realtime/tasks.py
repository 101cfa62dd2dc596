"""Jobs by the clock; each is safe to repeat."""

from datetime import UTC, datetime

from core.tasks import periodic, task
from realtime import actions


@periodic("* * * * *")
@task
def notice_the_silent(timestamp: int) -> None:
    """Each minute: sockets of a dead process have left."""
    actions.notice_the_silent(now=datetime.fromtimestamp(timestamp, tz=UTC))


@periodic("41 3 * * *")
@task
def forget_old_news(timestamp: int) -> None:
    """Each night: drop news nobody will ask for."""
    actions.forget_old_news(now=datetime.fromtimestamp(timestamp, tz=UTC))
