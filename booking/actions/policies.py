"""What a facility decides about booking: holidays, cancelling and its price, no-shows, caps, revisits, reminders."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction

import audit
from booking import access, days, holidays
from booking.actions import harm
from booking.errors import AppointmentsAffected, BadPolicy
from booking.models import Policy, Schedule
from core.actor import Actor
from identity import access as identity_access
from identity.models import Facility

MOST_REMINDERS = 5
LONGEST_REMINDER_HOURS = 14 * 24
# What may be given, with the least and the most of it; True and False where there is no range.
RANGES: dict[str, tuple[int, int] | None] = {
    "closes_on_holidays": None,
    "takes_walk_ins": None,
    "free_cancel_hours": (0, 336),
    "late_fee_percent": (0, 100),
    "no_show_fee_percent": (0, 100),
    "max_open_bookings": (1, 100),
    "no_shows_allowed": (0, 100),
    "no_show_days": (1, 730),
    "block_days": (1, 365),
    "revisit_days": (0, 90),
    "revisit_percent": (0, 100),
    "offer_minutes": (5, 240),
}
LISTS = ("open_holidays", "reminder_hours")


@transaction.atomic
def put_policy(*, values: dict[str, Any], keep_agreed: bool = False, by: Actor, now: datetime) -> Policy:
    """Give the desk's facility these decisions; what is not among `values` stays as it is.

    Closing on a holiday on which visits are agreed is refused with AppointmentsAffected, unless they are kept.
    Raises NotFound, BadPolicy, AppointmentsAffected.
    """
    facility = identity_access.require_desk(by)
    given = _clean(values)
    # One decision of a facility at a time; the facility itself may be pointed at meanwhile.
    Facility.objects.select_for_update(no_key=True).get(pk=facility.pk)
    policy = access.get_policy(by)
    was_closed = set(_closed(policy, now))
    changes = {name: value for name, value in given.items() if getattr(policy, name) != value}
    if not changes and not policy._state.adding:
        return policy
    for name, value in changes.items():
        setattr(policy, name, value)
    now_closed = set(_closed(policy, now))
    if was_closed != now_closed:
        _move_holidays(policy, keep_agreed, now)
    else:
        policy.save()
    said = {name: _plain(value) for name, value in changes.items()}
    audit.record(by, "booking.policy", policy, facility_id=facility.pk, detail=said)
    return policy


def _move_holidays(policy: Policy, keep_agreed: bool, now: datetime) -> None:
    schedules = list(Schedule.objects.filter(facility=policy.facility_id).order_by("practitioner_id", "pk"))
    days.lock_hours([one.pk for one in schedules])
    before = harm.covered(schedules, now)
    policy.save()
    harmed = before - harm.covered(schedules, now)
    if harmed and not keep_agreed:
        raise AppointmentsAffected(sorted(str(one) for one in harmed))
    days.rebuild([one.pk for one in schedules], now=now)


def _plain(value: Any) -> Any:
    return [str(one) for one in value] if isinstance(value, list) else value


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in RANGES and name not in LISTS:
            raise BadPolicy(fields={name: [BadPolicy.message]})
        limits = RANGES.get(name)
        if limits is not None and not limits[0] <= value <= limits[1]:
            raise BadPolicy(fields={name: [BadPolicy.message]})
        found[name] = value
    if "open_holidays" in found:
        found["open_holidays"] = _open_holidays(found["open_holidays"])
    if "reminder_hours" in found:
        found["reminder_hours"] = _reminder_hours(found["reminder_hours"])
    return found


def _open_holidays(wanted: Collection[date]) -> list[date]:
    # The government moves days off now and then: a day that is no holiday any more needs no decision.
    if len(wanted) > 100:
        raise BadPolicy(fields={"open_holidays": [BadPolicy.message]})
    return sorted({day for day in wanted if holidays.is_holiday(day)})


def _reminder_hours(wanted: Collection[int]) -> list[int]:
    found = sorted(set(wanted), reverse=True)
    if len(found) > MOST_REMINDERS or any(not 1 <= hours <= LONGEST_REMINDER_HOURS for hours in found):
        raise BadPolicy(fields={"reminder_hours": [BadPolicy.message]})
    return found


def _closed(policy: Policy, now: datetime) -> list[date]:
    today = now.date()
    return holidays.closed_days(policy, today.replace(month=1, day=1), date(today.year + 3, 12, 31))
