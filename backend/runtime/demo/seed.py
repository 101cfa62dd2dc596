"""Make the demo: places, staff, citizens, and four months of their lives up to now. Same day, same stories."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from identity.models import Facility
from runtime.demo import (
    bills,
    changes,
    files,
    house_rules,
    line,
    links,
    money,
    national,
    on_call,
    pharmacies,
    staff,
    station,
    tills,
    visits,
    waiting,
    week,
)
from runtime.demo import people as citizens
from runtime.demo import places as facilities
from runtime.demo.clock import as_of

log = logging.getLogger("lanh.demo")
LIFETIME = timedelta(days=120)


@transaction.atomic
def seed(now: datetime | None = None) -> bool:
    """Make everything, or nothing where facilities exist already; say whether anything was made."""
    if Facility.objects.exists():
        return False
    now = (now or timezone.now()).replace(second=0, microsecond=0)
    started = time.monotonic()
    with as_of(now - LIFETIME) as begin:
        places, offers = facilities.make_places()
        facilities.make_contract(places)
        facilities.make_pilot(places, begin)
        practitioners, members = staff.make_staff(places)
        national.enter_accounts(places, practitioners, begin)
        money.enter_accounts(begin)
        money.publish_prices(begin)
        house_rules.decide(places, begin, now)
        schedules = staff.make_schedules(practitioners, places, offers, begin)
        house_rules.publish((schedule for schedule, _home in schedules.values()), begin)
        people = citizens.make_citizens(begin)
    with as_of(now - timedelta(hours=1)) as moment:
        citizens.tell_health(people, moment)
    stage = visits.Stage(people, practitioners, members, places, offers, schedules)
    visits.live_through_the_past(stage, now)
    visits.read_the_inbox(stage, now - timedelta(hours=2))
    visits.plan_what_is_to_come(stage, now)
    week.fill_the_week(stage, now)
    waiting.wait_and_be_away(stage, now)
    line.fill_the_lines(stage, now)
    bills.write_bills(stage, now)
    house_rules.open_a_group(stage, now)
    on_call.open_the_line(stage, now)
    station.somebody_came(stage, members[f"nurse:{station.PLACE}"], now)
    changes.change_plans(stage, now)  # last: whoever stayed away books nothing more online
    pharmacies.fill_the_shelves(stage, now)
    pharmacies.ask_around(stage, now)
    tills.keep_the_books(stage, now)
    links.connect_a_system(now)
    files.hand_in_hours(now)
    house_rules.publish((schedule for schedule, _home in schedules.values()), now)
    log.info("the demo is ready after %.1f s", time.monotonic() - started)
    return True
