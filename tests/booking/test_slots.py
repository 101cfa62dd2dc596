"""Free times as tables: plain days, closures, and the nights on which other countries change their clocks."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from booking import slots
from booking.errors import NotBookable, OffGrid, SlotPast, SlotTaken
from booking.slots import Exceptional, Span, WeeklyRule

HANOI = "Asia/Ho_Chi_Minh"
BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"  # moves its clocks by half an hour
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TUESDAY = date(2026, 11, 24)


def rule(day, start="09:00", end="12:00", grid=30, **validity):
    return WeeklyRule(day.weekday(), time.fromisoformat(start), time.fromisoformat(end), grid, **validity)


def span(zone, day, start, end, kind=None):
    ends = (slots.instant(day, time.fromisoformat(clock), zone) for clock in (start, end))
    return Exceptional(*ends, kind=kind) if kind else Span(*ends)


def free(
    zone, rules, *, day=TUESDAY, until=None, closures=(), busy=(), minutes=30, now=LONG_AGO, notice=0, horizon=None
):
    found = slots.free_slots(
        rules, closures, busy, zone, minutes, day, until or day, now, timedelta(minutes=notice), horizon
    )
    assert all(slot.ends_at - slot.starts_at == timedelta(minutes=minutes) for slot in found)
    return [slots.wall(slot.starts_at, zone).strftime("%H:%M") for slot in found]


def fit(starts_at, *, zone=HANOI, rules=None, closures=(), busy=(), minutes=30, now=LONG_AGO, notice=0, horizon=None):
    rules = rules or [rule(TUESDAY)]
    return slots.fit(rules, closures, busy, zone, minutes, starts_at, now, timedelta(minutes=notice), horizon)


@pytest.mark.parametrize(
    ("hours", "grid", "minutes", "expected"),
    [
        (("09:00", "10:30"), 30, 30, ["09:00", "09:30", "10:00"]),
        (("09:00", "10:30"), 30, 45, ["09:00", "09:30"]),  # 10:00 would end at 10:45
        (("09:00", "10:00"), 15, 30, ["09:00", "09:15", "09:30"]),
        (("09:10", "10:00"), 20, 20, ["09:10", "09:30"]),  # the grid starts with the hours, not with the clock
        (("09:00", "09:20"), 30, 30, []),  # too short for a visit
        (("23:00", "00:00"), 30, 30, ["23:00", "23:30"]),  # 00:00 closes the day
    ],
)
def test_offers_the_grid_inside_the_hours(hours, grid, minutes, expected):
    assert free(HANOI, [rule(TUESDAY, *hours, grid=grid)], minutes=minutes) == expected


@pytest.mark.parametrize(
    ("closures", "busy", "expected"),
    [
        ([], [("09:30", "10:00")], ["09:00", "10:00", "10:30"]),
        ([], [("09:45", "10:15")], ["09:00", "10:30"]),
        ([], [("09:00", "10:00"), ("09:30", "10:30")], ["10:30"]),  # busy times may overlap each other
        ([("10:00", "11:00", "closed")], [], ["09:00", "09:30"]),
        ([("08:00", "12:00", "closed")], [], []),
        ([("13:00", "14:00", "extra")], [], ["09:00", "09:30", "10:00", "10:30", "13:00", "13:15", "13:30"]),
        ([("10:30", "11:30", "extra")], [], ["09:00", "09:30", "10:00", "10:30", "10:45", "11:00"]),
        ([("13:00", "14:00", "extra"), ("13:30", "18:00", "closed")], [("09:00", "11:00")], ["13:00"]),  # closed wins
    ],
)
def test_takes_out_what_is_taken_and_adds_what_is_extra(closures, busy, expected):
    closures = [span(HANOI, TUESDAY, start, end, kind) for start, end, kind in closures]
    busy = [span(HANOI, TUESDAY, start, end) for start, end in busy]

    assert free(HANOI, [rule(TUESDAY, "09:00", "11:00")], closures=closures, busy=busy) == expected


@pytest.mark.parametrize(
    ("now", "notice", "expected"),
    [
        ("09:00", 0, ["09:00", "09:30", "10:00"]),  # starting this very moment still counts
        ("09:01", 0, ["09:30", "10:00"]),
        ("08:00", 90, ["09:30", "10:00"]),
        ("12:00", 0, []),
    ],
)
def test_leaves_out_the_past_and_what_is_too_soon(now, notice, expected):
    now = slots.instant(TUESDAY, time.fromisoformat(now), HANOI)

    assert free(HANOI, [rule(TUESDAY, "09:00", "10:30")], now=now, notice=notice) == expected


@pytest.mark.parametrize(("horizon", "weeks"), [(0, 1), (6, 1), (7, 2), (13, 2), (14, 3), (None, 3)])
def test_goes_no_further_than_the_horizon(horizon, weeks):
    now = slots.instant(TUESDAY, time(0), HANOI)
    found = free(HANOI, [rule(TUESDAY, "09:00", "09:30")], until=TUESDAY + timedelta(days=20), now=now, horizon=horizon)

    assert found == ["09:00"] * weeks


def test_today_is_the_clinics_today():
    # 23:30 UTC on Monday is already Tuesday in Hanoi, so a horizon of none reaches Tuesday morning.
    now = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)

    assert free(HANOI, [rule(TUESDAY, "09:00", "09:30")], now=now, horizon=0) == ["09:00"]


@pytest.mark.parametrize(
    ("validity", "expected"),
    [
        ({"valid_from": TUESDAY}, ["09:00"]),
        ({"valid_to": TUESDAY}, ["09:00"]),
        ({"valid_from": TUESDAY + timedelta(days=1)}, []),
        ({"valid_to": TUESDAY - timedelta(days=1)}, []),
    ],
)
def test_a_rule_holds_on_its_first_and_last_day(validity, expected):
    assert free(HANOI, [rule(TUESDAY, "09:00", "09:30", **validity)]) == expected


def test_two_rules_for_the_same_time_offer_it_once():
    assert free(HANOI, [rule(TUESDAY, "09:00", "10:00"), rule(TUESDAY, "09:30", "10:30")]) == [
        "09:00",
        "09:30",
        "10:00",
    ]


@pytest.mark.parametrize(
    ("zone", "before", "after", "utc_before", "utc_after"),
    [
        (BERLIN, date(2026, 3, 28), date(2026, 3, 29), 8, 7),
        (BERLIN, date(2026, 10, 24), date(2026, 10, 25), 7, 8),
        (NEW_YORK, date(2026, 3, 7), date(2026, 3, 8), 14, 13),
        (NEW_YORK, date(2026, 10, 31), date(2026, 11, 1), 13, 14),
        (HANOI, date(2026, 3, 28), date(2026, 3, 29), 2, 2),
    ],
)
def test_nine_stays_nine_across_the_change_of_clocks(zone, before, after, utc_before, utc_after):
    rules = [rule(before, "09:00", "09:30"), rule(after, "09:00", "09:30")]
    found = slots.free_slots(rules, [], [], zone, 30, before, after, LONG_AGO, timedelta(0))

    assert [slot.starts_at.astimezone(UTC).hour for slot in found] == [utc_before, utc_after]
    assert [slots.wall(slot.starts_at, zone).time() for slot in found] == [time(9), time(9)]


@pytest.mark.parametrize(
    ("zone", "day", "hours", "expected"),
    [
        # Forward: the skipped wall times are not offered; a visit may span the jump.
        (BERLIN, date(2026, 3, 29), ("01:00", "04:00"), ["01:00", "01:30", "03:00", "03:30"]),
        (NEW_YORK, date(2026, 3, 8), ("01:30", "03:30"), ["01:30", "03:00"]),
        (LORD_HOWE, date(2026, 10, 4), ("01:30", "03:00"), ["01:30", "02:30"]),
        # Back: the doubled wall times are offered once.
        (BERLIN, date(2026, 10, 25), ("01:30", "03:30"), ["01:30", "02:00", "02:30", "03:00"]),
        (NEW_YORK, date(2026, 11, 1), ("00:30", "02:00"), ["00:30", "01:00", "01:30"]),
        (LORD_HOWE, date(2026, 4, 5), ("01:00", "02:30"), ["01:00", "01:30", "02:00"]),
    ],
)
def test_skipped_hours_are_not_offered_and_doubled_ones_once(zone, day, hours, expected):
    assert free(zone, [rule(day, *hours)], day=day) == expected


def test_the_doubled_hour_means_the_first_one():
    day = date(2026, 10, 25)
    [slot] = slots.free_slots([rule(day, "02:30", "03:00")], [], [], BERLIN, 30, day, day, LONG_AGO, timedelta(0))
    second = slot.starts_at + timedelta(hours=1)

    assert slot.starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert slots.wall(second, BERLIN).time() == time(2, 30)
    with pytest.raises(OffGrid):
        fit(second, zone=BERLIN, rules=[rule(day, "02:30", "03:00")])


@pytest.mark.parametrize(
    ("clock", "options", "error"),
    [
        ("09:00", {"now": "09:01"}, SlotPast),
        ("09:00", {"now": "08:30", "notice": 45}, NotBookable),
        ("08:30", {}, NotBookable),  # before the hours
        ("11:45", {}, NotBookable),  # would end after them
        ("09:10", {}, OffGrid),
        ("09:00", {"closed": ("09:15", "09:20")}, NotBookable),
        ("09:00", {"busy": ("09:15", "09:20")}, SlotTaken),
        ("09:00", {"now": "09:00", "day": TUESDAY - timedelta(days=7), "horizon": 6}, NotBookable),
    ],
)
def test_fit_says_why_not(clock, options, error):
    said = {"horizon": options.get("horizon"), "notice": options.get("notice", 0)}
    if "now" in options:
        said["now"] = slots.instant(options.get("day", TUESDAY), time.fromisoformat(options["now"]), HANOI)
    if "closed" in options:
        said["closures"] = [span(HANOI, TUESDAY, *options["closed"], "closed")]
    if "busy" in options:
        said["busy"] = [span(HANOI, TUESDAY, *options["busy"])]

    with pytest.raises(error):
        fit(slots.instant(TUESDAY, time.fromisoformat(clock), HANOI), **said)


def test_a_second_past_the_grid_is_off_it():
    with pytest.raises(OffGrid):
        fit(slots.instant(TUESDAY, time(9), HANOI) + timedelta(seconds=1))


@pytest.mark.parametrize("zone", [HANOI, BERLIN, NEW_YORK, LORD_HOWE])
@pytest.mark.parametrize(
    "day", [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25)]
)
def test_whatever_is_offered_fits(zone, day):
    rules = [rule(day, "00:00", "00:00", grid=15)]
    closures = [span(zone, day, "04:00", "04:40", "closed"), span(zone, day, "12:05", "13:00", "extra")]
    busy = [span(zone, day, "05:10", "05:20")]
    offered = slots.free_slots(rules, closures, busy, zone, 25, day, day, LONG_AGO, timedelta(0))

    assert len(offered) > 80
    for slot in offered:
        assert fit(slot.starts_at, zone=zone, rules=rules, closures=closures, busy=busy, minutes=25) == slot


@pytest.mark.parametrize(
    ("hours", "closures", "covered"),
    [
        (("09:00", "12:00"), [], True),
        (("09:10", "09:40"), [], True),  # the grid has moved under an agreed time: still kept
        (("09:15", "12:00"), [], False),
        (("09:00", "09:35"), [], False),
        (("09:00", "12:00"), [("09:39", "10:00", "closed")], False),
        (("13:00", "14:00"), [("09:00", "10:00", "extra")], True),
    ],
)
def test_tells_whether_an_agreed_time_is_still_inside_the_hours(hours, closures, covered):
    closures = [span(HANOI, TUESDAY, start, end, kind) for start, end, kind in closures]
    agreed = span(HANOI, TUESDAY, "09:10", "09:40")

    assert slots.covers([rule(TUESDAY, *hours)], closures, HANOI, agreed) is covered
