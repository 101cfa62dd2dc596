"""Group sessions in the desk's calendar: how many of how many seats are taken, and who sits there."""

from datetime import timedelta

import pytest

from booking import queries
from tests import make
from tests.booking import stage
from tests.booking.stage import at
from tests.booking.test_house_rules import change_rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
WEDNESDAY, THURSDAY = make.TOMORROW, make.TOMORROW + timedelta(days=1)
MONDAY = make.TOMORROW - timedelta(days=2)


@pytest.fixture
def desk(dan):
    return make.actor_for(dan)


def week(api, schedule):
    answer = api.get(f"/api/v1/schedules/{schedule.id}/week?from={MONDAY}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_shared_time_tells_its_seats_and_who_sits_there(visit_type, schedule, desk, dan_api):
    change_rule(schedule, desk, capacity=3)
    names = ["Nguyễn Thị An", "Trần Văn Bảy"]
    for name in names:
        stage.book(schedule, visit_type, make.make_person(full_name=name), at("09:00"))
    alone = stage.book(schedule, visit_type, make.make_person(), at("10:00"))
    ordinary = stage.book(schedule, visit_type, make.make_person(), at("09:00", THURSDAY))

    answer = week(dan_api, schedule)
    nine = [one for one in answer["visits"] if (one["day"], one["starts"]) == (str(WEDNESDAY), "09:00")]
    assert sorted(one["person"] for one in nine) == names
    [session] = {one["session"] for one in nine}
    seats = {one["session"]: (one["taken"], one["capacity"]) for one in answer["groups"]}
    # Who comes alone to a time of three sits in a session too; ordinary hours make none.
    assert seats == {session: (2, 3), str(alone.session): (1, 3)}
    assert str(ordinary.session) not in seats
    capacities = {one["day"]: one["capacity"] for one in answer["bands"]}
    assert (capacities[str(WEDNESDAY)], capacities[str(THURSDAY)]) == (3, 1)
    assert answer["days"][2]["taken"] == 3


def test_seats_that_were_taken_away_show_as_too_many(visit_type, schedule, desk, dan_api):
    change_rule(schedule, desk, capacity=3)
    for _ in range(3):
        stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    change_rule(schedule, desk, capacity=2, keep_agreed=True)

    [group] = week(dan_api, schedule)["groups"]
    assert (group["taken"], group["capacity"]) == (3, 2)


def test_seats_cost_no_further_statement(visit_type, schedule, desk, dan_api, django_assert_max_num_queries):
    change_rule(schedule, desk, capacity=6)
    week(dan_api, schedule)
    for number in range(6):
        stage.book(schedule, visit_type, make.make_person(), at("08:00") + timedelta(minutes=20 * (number // 2)))
    with django_assert_max_num_queries(18):  # what the week takes without them, tests/booking/test_calendar_api.py
        assert len(week(dan_api, schedule)["groups"]) == 3


def test_without_script_the_table_counts_seats(visit_type, schedule, desk, dan):
    change_rule(schedule, desk, capacity=3)
    for _ in range(2):
        stage.book(schedule, visit_type, make.make_person(), at("09:00"))
    stage.hold(schedule, visit_type, make.make_person(), at("09:00"))

    [day] = queries.calendar_of(schedule, WEDNESDAY, 1, make.NOW)
    [taken] = [piece for piece in day.pieces if piece.kind == "taken"]
    assert (taken.shared.taken, taken.shared.capacity, day.taken) == (3, 3, 3)
    [later] = queries.calendar_of(schedule, WEDNESDAY, 1, make.NOW + timedelta(hours=1))  # nobody paid
    [taken] = [piece for piece in later.pieces if piece.kind == "taken"]
    assert (taken.shared.taken, later.taken) == (2, 2)
    page = make.page_client(dan).get(f"/hospital/?schedule={schedule.id}&day={WEDNESDAY}")
    assert "3 trên 3 chỗ đã có người" in page.content.decode()
