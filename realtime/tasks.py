"""Jobs by the clock; each is safe to repeat."""

from datetime import UTC, datetime
from uuid import UUID

from django.utils import timezone

from core.tasks import periodic, task
from realtime import actions, nodes


@periodic("* * * * *")
@task
def notice_the_silent(timestamp: int) -> None:
    """Each minute: sockets of a dead process have left, and places in a call are free whose line does not come back."""
    now = datetime.fromtimestamp(timestamp, tz=UTC)
    actions.notice_the_silent(now=now)
    actions.let_go_the_lost(now=now)


@periodic("41 3 * * *")
@task
def forget_old_news(timestamp: int) -> None:
    """Each night: drop news nobody will ask for."""
    actions.forget_old_news(now=datetime.fromtimestamp(timestamp, tz=UTC))


@periodic("43 3 * * *")
@task
def forget_dead_relays(timestamp: int) -> None:
    """Each night: drop the rows of relays that ended without a word."""
    nodes.forget_the_dead(now=datetime.fromtimestamp(timestamp, tz=UTC))


@periodic("47 3 * * *")
@task
def forget_old_quality(timestamp: int) -> None:
    """Each night: drop figures of calls of two years ago."""
    actions.forget_old_quality(now=datetime.fromtimestamp(timestamp, tz=UTC))


@periodic("*/10 * * * *")
@task
def forget_lost_files(timestamp: int) -> None:
    """Every ten minutes: files whose process died while they arrived leave nothing behind."""
    actions.forget_the_lost(now=datetime.fromtimestamp(timestamp, tz=UTC))


@task
def make_films(recording_id: str) -> None:
    """A tape has ended: make its films; tried again until the relay has stored the last of it."""
    actions.make_films(recording_id=UUID(recording_id), now=timezone.now())


@periodic("*/10 * * * *")
@task
def make_forgotten_films(timestamp: int) -> None:
    """Every ten minutes: tapes whose job was lost."""
    actions.make_the_forgotten(now=datetime.fromtimestamp(timestamp, tz=UTC))


@periodic("53 3 * * *")
@task
def delete_old_recordings(timestamp: int) -> None:
    """Each night: recordings that have been kept as long as people were told."""
    actions.delete_the_old(now=datetime.fromtimestamp(timestamp, tz=UTC))
