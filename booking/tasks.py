"""Jobs of booking."""

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

from booking import actions, days, profiles, queries
from core import edge
from core.actor import Actor
from core.tasks import later, periodic, task

log = logging.getLogger("lanh.booking")


@task
def expire_one(appointment_id: str) -> None:
    """Let go of one kept time, at the moment its wait is over."""
    actions.expire_hold(appointment_id=UUID(appointment_id), by=Actor.system("booking"), now=edge.now())


@periodic("* * * * *")
@task
def expire_holds(timestamp: int) -> None:
    """Let go of every kept time whose wait is over. Each in its own transaction: one that fails stops no other."""
    now = datetime.fromtimestamp(timestamp, UTC)
    for appointment_id in queries.overdue_holds(now):
        try:
            actions.expire_hold(appointment_id=appointment_id, by=Actor.system("booking"), now=now)
        except Exception:
            log.exception("hold %s could not be let go", appointment_id)


@periodic("* * * * *")
@task
def advance_days(timestamp: int) -> None:
    """Let search begin with what may still be taken; on the hour that is half the country, a few thousand at a time.

    Then write the profiles that changes of places, practitioners and kinds of visit made the database forget.
    """
    now = datetime.fromtimestamp(timestamp, UTC)
    # Fewer than are done at once are the last ones: what would not change must not be tried for ever.
    while days.advance(now=now) == days.ADVANCED_AT_ONCE:
        pass
    while profiles.write(now=now) == profiles.AT_ONCE:
        pass


@periodic("*/10 * * * *")
@task
def roll_days(timestamp: int) -> None:
    """Add the days that have come into the window, a few hundred schedules at a time."""
    while days.roll(now=datetime.fromtimestamp(timestamp, UTC)) == days.ROLLED_AT_ONCE:
        pass


@periodic("40 19 * * *")
@task
def check_days(timestamp: int) -> None:
    """Compare a sample of the projection with the truth, at night in Vietnam. A difference is a bug: raised, and mended."""
    now = datetime.fromtimestamp(timestamp, UTC)
    found = queries.sample_of_schedules(500, seed=timestamp)
    differences = days.check(found, now=now)
    if differences:
        profiles.forget({one.schedule_id for one in differences})
        days.rebuild({one.schedule_id for one in differences}, now=now)
        raise RuntimeError(f"the projection of days differed from the truth: {differences[:10]}")


@task
def offer_place(schedule_id: str, starts_at: str, ends_at: str) -> None:
    """Look again for somebody who waits for this time."""
    span = {"starts_at": datetime.fromisoformat(starts_at), "ends_at": datetime.fromisoformat(ends_at)}
    actions.offer_place(schedule_id=UUID(schedule_id), **span, by=Actor.system("waiting"), now=edge.now())


@task
def pass_offer_on(offer_id: str) -> None:
    """Give an unanswered offer to the next in line, at the moment it ends."""
    actions.pass_offer_on(offer_id=UUID(offer_id), by=Actor.system("waiting"), now=edge.now())


@periodic("* * * * *")
@task
def pass_offers_on(timestamp: int) -> None:
    """The same for offers whose own job was lost. Each in its own transaction: one that fails stops no other."""
    now = datetime.fromtimestamp(timestamp, UTC)
    for offer_id in queries.overdue_offers(now):
        try:
            actions.pass_offer_on(offer_id=offer_id, by=Actor.system("waiting"), now=now)
        except Exception:
            log.exception("offer %s could not be passed on", offer_id)


@periodic("*/5 * * * *")
@task
def look_for_the_waiting(timestamp: int) -> None:
    """Offer what became free by new hours, and let go of those whose days are over."""
    now = datetime.fromtimestamp(timestamp, UTC)
    for entry_id in queries.entries_without_hope(now):
        actions.expire_waiting(entry_id=entry_id, by=Actor.system("waiting"), now=now)
    for entry_id in queries.entries_that_wait():
        try:
            actions.look_for(entry_id=entry_id, by=Actor.system("waiting"), now=now)
        except Exception:
            log.exception("nothing could be looked for for %s", entry_id)


@task
def check_import(run_id: str) -> None:
    """Check a file of hours, row by row."""
    actions.check_import(run_id=UUID(run_id), by=Actor.system("import"), now=edge.now())


@task
def apply_import(run_id: str) -> None:
    """Put the good rows of a checked file in place."""
    actions.apply_import(run_id=UUID(run_id), by=Actor.system("import"), now=edge.now())


@periodic("* * * * *")
@task
def close_cases(timestamp: int) -> None:
    """Decide for those who did not choose in time. Each in its own transaction: one that fails stops no other."""
    now = datetime.fromtimestamp(timestamp, UTC)
    for case_id in queries.overdue_cases(now):
        try:
            actions.close_case(case_id=case_id, by=Actor.system("leave"), now=now)
        except Exception:
            log.exception("case %s could not be closed", case_id)


@task
def turn_ask(ask_id: str) -> None:
    """Move a wish to see someone now: silence goes to the next doctor."""
    actions.turn_ask(ask_id=UUID(ask_id), by=Actor.system("urgent"), now=edge.now())


@periodic("* * * * *")
@task
def turn_asks(timestamp: int) -> None:
    """The same for wishes whose own job was lost. Each in its own transaction: one that fails stops no other."""
    now = datetime.fromtimestamp(timestamp, UTC)
    for ask_id in queries.asks_to_turn(now):
        try:
            actions.turn_ask(ask_id=ask_id, by=Actor.system("urgent"), now=now)
        except Exception:
            log.exception("wish %s could not be moved", ask_id)


@task
def read_feed(feed_id: str) -> None:
    """Read one followed calendar and close what it says is busy."""
    actions.read_feed(feed_id=UUID(feed_id), by=Actor.system("calendars"), now=edge.now())


@periodic("*/15 * * * *")
@task
def read_feeds(timestamp: int) -> None:
    """Read every followed calendar again, each in a job of its own: one that hangs holds up no other."""
    before = datetime.fromtimestamp(timestamp, UTC) - timedelta(minutes=10)
    for feed_id in queries.feeds_to_read(before):
        later("booking.tasks.read_feed", lock=f"feed:{feed_id}", feed_id=str(feed_id))


@task
def deliver_hooks(endpoint_id: str) -> None:
    """Send a hospital's system what waits for it."""
    actions.deliver_hooks(endpoint_id=UUID(endpoint_id), now=edge.now())


@periodic("* * * * *")
@task
def wake_hooks(timestamp: int) -> None:
    """The same for endpoints whose own job was lost."""
    actions.wake_hooks(now=datetime.fromtimestamp(timestamp, UTC))


@periodic("41 3 * * *")
@task
def forget_deliveries(timestamp: int) -> None:
    """Web hooks are remembered for thirty days."""
    actions.forget_deliveries(now=datetime.fromtimestamp(timestamp, UTC))


@task
def remind(appointment_id: str, hours: int) -> None:
    """Remind of one visit, if that is still right."""
    actions.remind(appointment_id=UUID(appointment_id), hours=hours, by=Actor.system("reminding"), now=edge.now())


@task
def settle_cut_short(case_id: str, moment: str) -> None:
    """Nobody said what should become of a visit that was too short."""
    actions.settle_cut_short(case_id=UUID(case_id), by=Actor.system("cut_short"), now=datetime.fromisoformat(moment))
