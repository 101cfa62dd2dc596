"""Public holidays: the dates are those of the calendar on the wall, and a facility decides what they mean."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import pytest

from booking import holidays, slots
from booking.errors import NotBookable
from booking.slots import Exceptional, WeeklyRule

HANOI = "Asia/Ho_Chi_Minh"
TET = date(2027, 2, 6)  # a Saturday
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Decision:
    closes_on_holidays: bool = True
    open_holidays: list[date] = field(default_factory=list)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        # From printed calendars, not from the library: by the moon …
        (date(2026, 2, 17), "Tết Nguyên Đán"),
        (date(2027, 2, 6), "Tết Nguyên Đán"),
        (date(2026, 4, 26), "Giỗ Tổ Hùng Vương"),
        (date(2027, 4, 16), "Giỗ Tổ Hùng Vương"),
        # … and fixed.
        (date(2026, 1, 1), "Tết Dương lịch"),
        (date(2026, 4, 30), "Chiến thắng"),
        (date(2026, 5, 1), "Lao động"),
        (date(2026, 9, 2), "Quốc khánh"),
    ],
)
def test_knows_the_holidays_by_name(day, name):
    assert name in holidays.name_of(day)
    assert holidays.name_of(day, "en").isascii()
    assert holidays.is_holiday(day)


def test_an_ordinary_day_has_no_name():
    assert holidays.name_of(date(2026, 6, 10)) == ""
    assert not holidays.is_holiday(date(2026, 6, 10))


@pytest.mark.parametrize(
    ("decision", "closed"),
    [
        (None, True),  # a facility that never decided
        (Decision(), True),
        (Decision(closes_on_holidays=False), False),
        (Decision(open_holidays=[TET]), False),
        (Decision(open_holidays=[TET + timedelta(days=1)]), True),
    ],
)
def test_the_facility_decides(decision, closed):
    assert (TET in holidays.closed_days(decision, TET, TET)) is closed
    found = holidays.closures(decision, HANOI, *(slots.instant(TET, time(hour), HANOI) for hour in (9, 10)))
    assert [slots.wall(one.starts_at, HANOI) for one in found] == [datetime.combine(TET, time())] * closed
    assert [slots.wall(one.ends_at, HANOI).date() for one in found] == [TET + timedelta(days=1)] * closed


def asked(closures, first=TET, last=TET):
    rules = [WeeklyRule(day, time(9), time(10), 30) for day in range(7)]
    found = slots.free_slots(rules, closures, [], HANOI, 30, first, last, LONG_AGO, timedelta(0))
    return [slots.wall(slot.starts_at, HANOI).strftime("%d %H:%M") for slot in found]


def test_on_a_holiday_weekly_hours_do_not_hold_but_extra_ones_do():
    holiday = holidays.closures(None, HANOI, *(slots.instant(TET, time(hour), HANOI) for hour in (9, 10)))
    extra = Exceptional(slots.instant(TET, time(14), HANOI), slots.instant(TET, time(15), HANOI), "extra", 30)

    assert asked([]) == ["06 09:00", "06 09:30"]
    assert asked(holiday) == []
    assert asked([*holiday, extra]) == ["06 14:00", "06 14:30"]
    with pytest.raises(NotBookable):
        slots.fit(
            [WeeklyRule(TET.weekday(), time(9), time(10), 30)],
            holiday,
            [],
            HANOI,
            30,
            slots.instant(TET, time(9), HANOI),
            LONG_AGO,
            timedelta(0),
        )


def test_other_hours_stand_in_for_the_weekly_ones_and_closed_still_wins():
    def wall(kind, start, end):
        return Exceptional(*(slots.instant(TET, time.fromisoformat(at), HANOI) for at in (start, end)), kind, 30)

    friday = TET - timedelta(days=1)
    instead = wall("instead", "13:00", "14:30")
    assert asked([instead], friday) == ["05 09:00", "05 09:30", "06 13:00", "06 13:30", "06 14:00"]
    assert asked([instead, wall("closed", "13:30", "14:00")]) == ["06 13:00", "06 14:00"]
    assert asked([instead, wall("extra", "08:00", "08:30")]) == ["06 08:00", "06 13:00", "06 13:30", "06 14:00"]
